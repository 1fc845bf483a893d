"""Questions about reviews: what is due, who is to be asked about a release, what they said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.db.models import Max, Q

from apps.accounts.models import User
from apps.accounts.queries import people_in_team
from apps.cmdb.models import ServiceRelationship
from apps.core.clock import now
from apps.core.errors import Gone, NotFound
from apps.core.lifecycle import available_steps
from apps.releases.models import Release
from apps.reviews.lifecycle import ACTION_EDITABLE, REVIEW_EDITABLE
from apps.reviews.models import Benefit, ImprovementAction, ReleaseReview, Survey, SurveyInvitation, SurveyResponse

SALT = "reviews.survey"
ASKED_AGAIN_AFTER = timedelta(days=30)
NAMELESS_FROM = 5
MAJOR_TYPES = ("major",)


@dataclass(frozen=True)
class Stakeholder:
    """Somebody whom a release reaches, and as what."""

    group: str
    person: Any = None
    party: Any = None


def today(at: datetime) -> date:
    """The organisation's day."""
    return at.astimezone(ZoneInfo(settings.TIDEGATE_TIME_ZONE)).date()


def review_rules(release: Release) -> dict[str, Any]:
    """What the release's model says about its review."""
    return {"due_within_days": 5, "survey": False, "survey_to": []} | (release.model_content.get("review") or {})


def wants_survey(release: Release) -> bool:
    """Whether people are to be asked: the model says so, it reached them, and they were not asked yet."""
    asked = Survey.objects.filter(release=release).exists()
    return review_rules(release)["survey"] and release.released_at is not None and not asked


def is_introduction(release: Release) -> bool:
    """Whether the release introduces a service or a major change: its first version, or a major one."""
    if release.type in MAJOR_TYPES:
        return True
    earlier = Release.objects.filter(subject=release.subject_id, released_at__isnull=False).exclude(pk=release.pk)
    return not earlier.exists()


def is_production(release: Release) -> bool:
    return bool(release.environment_id and release.environment.is_production)


def team_of_release(release: Release) -> set[int]:
    """Those whom nobody asks what they think of their own work: manager, implementers, approvers, requester."""
    people: set[int | None] = {release.release_manager_id}
    people.update(release.tasks.values_list("assignee_id", flat=True))
    if release.round_id:
        people.add(release.round.requester_id)
        people.update(release.round.answers.values_list("person_id", flat=True))
    return {person for person in people if person is not None}


def stakeholders_of(release: Release) -> list[Stakeholder]:
    """Who is asked about a release: owners of what it changes, and consumers and partners of it, each once.

    The model may name some of these groups; then the others are not asked.
    """
    services = {release.subject_id, *release.components.values_list("ci_id", flat=True)}
    relations = ServiceRelationship.objects.filter(service__in=services).select_related("party").order_by("pk")
    found = {relation.party_id: Stakeholder(relation.party.kind, party=relation.party) for relation in relations}
    wanted = review_rules(release)["survey_to"]
    return [one for one in (*_owners(release), *found.values()) if not wanted or one.group in wanted]


def _owners(release: Release) -> Iterable[Stakeholder]:
    owner = release.subject.owner
    people = people_in_team(owner.slug).distinct().order_by("pk") if owner else User.objects.none()
    barred = team_of_release(release)
    return [Stakeholder("service_owner", person=person) for person in people if person.pk not in barred]


def asked_recently(stakeholder: Stakeholder, at: datetime) -> bool:
    """Whether the person was invited to another survey within the last 30 days."""
    who = Q(person=stakeholder.person) if stakeholder.person else Q(party=stakeholder.party)
    recent = SurveyInvitation.objects.filter(who, not_asked="", survey__opens_at__gt=at - ASKED_AGAIN_AFTER)
    return recent.exists()


def token_for(invitation: SurveyInvitation) -> str:
    """The signed name of an invitation. Nothing is stored: the same invitation always has the same link."""
    return signing.Signer(salt=SALT).sign_object({"invitation": invitation.pk}, compress=False)


def invitation_for(token: str, at: datetime) -> SurveyInvitation:
    """The invitation behind a link. Raises NotFound for a forged link and Gone once the survey is closed."""
    try:
        signed = signing.Signer(salt=SALT).unsign_object(token)
    except signing.BadSignature:
        raise NotFound("This survey link is not known. Perhaps your mail program has broken it in two.") from None
    invitations = SurveyInvitation.objects.select_related("survey__release__subject", "person", "party")
    invitation = invitations.filter(pk=signed.get("invitation"), not_asked="").first()
    if invitation is None:
        raise NotFound("This survey does not exist any more.")
    if not invitation.survey.is_open(at):
        raise Gone("This survey is closed. Thank you for wanting to answer.")
    return invitation


def response_of(invitation: SurveyInvitation) -> SurveyResponse | None:
    return SurveyResponse.objects.filter(invitation=invitation).first()


def results_of(survey: Survey) -> dict[str, Any]:
    """What a survey brought. Scores and comments are shown from five answers on, so that nobody can be recognised."""
    invited = survey.invitations.filter(not_asked="")
    answers = list(
        SurveyResponse.objects.filter(invitation__survey=survey).values_list("score", "disturbed", "comment")
    )
    shown = len(answers) >= NAMELESS_FROM
    scores = [score for score, _, _ in answers]
    return {
        "invited": invited.count(),
        "not_invited": survey.invitations.exclude(not_asked="").count(),
        "answered": len(answers),
        "is_shown": shown,
        "mean": round(sum(scores) / len(scores), 2) if shown else None,
        "distribution": {str(score): scores.count(score) for score in range(1, 6)} if shown else None,
        "disturbed": sum(bool(disturbed) for _, disturbed, _ in answers) if shown else None,
        "comments": sorted(comment for _, _, comment in answers if comment) if shown else [],
    }


def overdue_reviews(at: datetime) -> list[ReleaseReview]:
    """Reviews past their day that were not chased today."""
    return list(ReleaseReview.objects.to_chase(today(at)).select_related("release"))


def overdue_actions(at: datetime) -> list[ImprovementAction]:
    """Improvement actions past their day."""
    open_ones = ImprovementAction.objects.filter(status__in=ACTION_EDITABLE, due_on__lt=today(at))
    return list(open_ones.select_related("owner").order_by("due_on", "pk"))


def next_benefit_number(release: Release) -> int:
    return (Benefit.objects.filter(release=release).aggregate(last=Max("number"))["last"] or 0) + 1


def aftermath_of(release: Release, user: Any) -> dict[str, Any]:
    """Everything known about how a release went, for its page."""
    review = ReleaseReview.objects.select_related("release", "reviewer", "accepted_by").filter(release=release).first()
    return {
        "review": review,
        "review_steps": available_steps(review, user) if review else [],
        "is_overdue": bool(review and review.status in REVIEW_EDITABLE and review.due_on < today(now())),
        "improvement_actions": list(
            ImprovementAction.objects.filter(review__release=release).select_related("owner").order_by("pk")
        ),
        "surveys": [(survey, results_of(survey)) for survey in release.surveys.order_by("pk")],
        "benefits": list(release.benefits.order_by("number")),
    }
