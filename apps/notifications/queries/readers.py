"""Who is told about an event: each reader once, nobody about their own deed, nobody who has left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings

from apps.accounts.models import User
from apps.accounts.permissions import Role
from apps.accounts.queries import people_in_team, people_with_role
from apps.approaches.models import ApproachVersion
from apps.approaches.queries import services_of
from apps.approvals.models import Ask, Remark, Round
from apps.approvals.rules import SATISFYING
from apps.cmdb.models import Party, ServiceRelationship
from apps.core.models import OutboxEvent
from apps.release_models.models import Communication
from apps.releases.lifecycle.words import Status
from apps.releases.models import Release, Task
from apps.reviews.models import ApproachReview, ModelReview, ReleaseReview, SurveyInvitation


@dataclass(frozen=True)
class Reader:
    """One person, or one outside party, and how they read."""

    user: User | None = None
    party: Party | None = None
    ask: Ask | None = None
    invitation: SurveyInvitation | None = None
    communication: Communication | None = None

    @property
    def address(self) -> str:
        return (self.user or self.party).email

    @property
    def name(self) -> str:
        return str(self.user.get_short_name() or self.user) if self.user else self.party.name

    @property
    def language(self) -> str:
        return self.user.language if self.user else settings.LANGUAGE_CODE

    @property
    def zone(self) -> str:
        return self.user.time_zone if self.user else settings.TIDEGATE_TIME_ZONE


def release_of(event: OutboxEvent) -> Release:
    """The release to whose timeline the event belongs."""
    key = event.payload["root_key"].split("-A")[0] if event.name.startswith("approvals.") else event.payload["root_key"]
    return Release.objects.with_people_and_subject().select_related("subject__owner").get(key=key)


def _each(people: Iterable[User | None], *, but: OutboxEvent | None = None) -> Iterator[Reader]:
    actor = but.payload["actor_id"] if but else None
    known: dict[int, User] = {person.pk: person for person in people if person is not None}
    for person in known.values():
        if person.is_active and person.pk != actor:
            yield Reader(user=person)


def asked_person(event: OutboxEvent) -> Iterator[Reader]:
    """The one who is asked to approve."""
    ask = Ask.objects.select_related("person", "round", "on_behalf_of").get(pk=event.subject_id)
    if ask.person.is_active:
        yield Reader(user=ask.person, ask=ask)


def those_who_wait_for_the_decision(event: OutboxEvent) -> Iterator[Reader]:
    """Who requested the approval, and who manages the release."""
    asked = Round.objects.select_related("requester").get(pk=event.subject_id)
    release = Release.objects.select_related("release_manager").filter(round=asked).first()
    yield from _each([asked.requester, release.release_manager if release else None])


def those_above_the_silent(event: OutboxEvent) -> Iterator[Reader]:
    """Nobody has answered: who asked, who manages the release, and the team that owns the service."""
    asked = Round.objects.select_related("requester").get(pk=event.subject_id)
    release = Release.objects.select_related("release_manager", "subject__owner").filter(round=asked).first()
    if release is None:
        return
    owners = people_in_team(release.subject.owner.slug) if release.subject.owner_id else []
    yield from _each([asked.requester, release.release_manager, *owners])


def those_in_the_talk(event: OutboxEvent) -> Iterator[Reader]:
    """Who asked for the approval, manages the release, is asked, or has spoken; not the one who speaks."""
    said = Remark.objects.select_related("round__requester").get(pk=event.subject_id)
    release = Release.objects.select_related("release_manager").filter(round=said.round).first()
    spoken = [one.person for one in said.round.remarks.select_related("person")]
    asked = [one.person for one in said.round.asks.filter(settled_at__isnull=True).select_related("person")]
    manager = release.release_manager if release else None
    yield from _each([said.round.requester, manager, *spoken, *asked], but=event)


def everyone_in_the_round(event: OutboxEvent) -> Iterator[Reader]:
    """Everyone who was asked or has answered."""
    asked = Round.objects.get(pk=event.subject_id)
    answered = [answer.person for answer in asked.answers.select_related("person")]
    waiting = [ask.person for ask in asked.asks.filter(on_behalf_of=None).select_related("person")]
    yield from _each([*answered, *waiting], but=event)


def those_who_approved(event: OutboxEvent) -> Iterator[Reader]:
    """Everyone whose approval fell; those in a round that was cancelled with it are told by that."""
    if event.payload["from"] != Status.SCHEDULED:
        return
    release = release_of(event)
    if release.round_id is None or release.round.status == "cancelled":
        return
    answers = release.round.answers.filter(decision__in=SATISFYING).select_related("person")
    yield from _each([answer.person for answer in answers], but=event)


def task_assignee(event: OutboxEvent) -> Iterator[Reader]:
    """The one a task was given to, unless they took it themselves."""
    if "assignee" not in event.payload["changes"]:
        return
    task = Task.objects.select_related("assignee").filter(pk=event.subject_id).first()
    yield from _each([task.assignee if task else None], but=event)


def team_and_owners(event: OutboxEvent) -> Iterator[Reader]:
    """Who works on the release and who owns the service."""
    release = release_of(event)
    assignees = User.objects.filter(release_tasks__release=release).distinct()
    owner = release.subject.owner
    owners = people_in_team(owner.slug) if owner else User.objects.none()
    yield from _each([release.release_manager, *assignees, *owners], but=event)


def those_passed_over(event: OutboxEvent) -> Iterator[Reader]:
    """Who would have been asked before an emergency started."""
    names = event.payload["data"]["passed_over"]
    yield from _each(User.objects.filter(username__in=names).order_by("pk"), but=event)


def parties_with_notice(event: OutboxEvent) -> Iterator[Reader]:
    """Consumers and partners of the service that were promised notice."""
    release = release_of(event)
    relations = ServiceRelationship.objects.filter(service=release.subject_id, notice_hours__gt=0)
    parties = {one.party_id: one.party for one in relations.select_related("party").order_by("pk")}
    for party in parties.values():
        if party.email:
            yield Reader(party=party)


def reviewer(event: OutboxEvent) -> Iterator[Reader]:
    """Who writes the review, else who manages the release."""
    review = ReleaseReview.objects.select_related("reviewer", "release__release_manager").get(pk=event.subject_id)
    yield from _each([review.reviewer or review.release.release_manager])


def model_reviewer(event: OutboxEvent) -> Iterator[Reader]:
    """Who writes the review of a model, else the team that owns the model, else those who publish models."""
    review = ModelReview.objects.select_related("reviewer", "release_model__owner").get(pk=event.subject_id)
    owner = review.release_model.owner
    people = list(people_in_team(owner.slug)) if owner else []
    yield from _each([review.reviewer] if review.reviewer else people or people_with_role(Role.RELEASE_MANAGER))


def approach_reviewer(event: OutboxEvent) -> Iterator[Reader]:
    """Who writes the review of an approach, else the team that owns the approach, else those who publish it."""
    review = ApproachReview.objects.select_related("reviewer", "approach__owner").get(pk=event.subject_id)
    owner = review.approach.owner
    people = list(people_in_team(owner.slug)) if owner else []
    yield from _each([review.reviewer] if review.reviewer else people or people_with_role(Role.RELEASE_MANAGER))


def covered_owners(event: OutboxEvent) -> Iterator[Reader]:
    """The people of every team that owns a service in the scope of the approach."""
    version = ApproachVersion.objects.get(pk=event.subject_id)
    teams = services_of(version).filter(owner__isnull=False).values("owner")
    yield from _each(User.objects.filter(memberships__team__in=teams, is_active=True).distinct().order_by("pk"))


def review_judges(event: OutboxEvent) -> Iterator[Reader]:
    """Who may accept the review: the owners of the service who did not write it."""
    review = ReleaseReview.objects.select_related("release__subject__owner").get(pk=event.subject_id)
    owner = review.release.subject.owner
    people = people_in_team(owner.slug) if owner else User.objects.none()
    aside = {review.submitted_by_id, review.release.release_manager_id}
    yield from _each([person for person in people if person.pk not in aside], but=event)


def invited(event: OutboxEvent) -> Iterator[Reader]:
    """Who is asked what they think of a release."""
    invitation = SurveyInvitation.objects.select_related("person", "party", "survey").get(pk=event.subject_id)
    if invitation.not_asked:
        return
    if invitation.party is not None or invitation.person.is_active:
        yield Reader(user=invitation.person, party=invitation.party, invitation=invitation)


def told_party(event: OutboxEvent) -> Iterator[Reader]:
    """The party that is asked to acknowledge a model version. Without an address the message fails, and is seen to."""
    communication = communication_of(event)
    yield Reader(party=communication.party, communication=communication)


def model_owners(event: OutboxEvent) -> Iterator[Reader]:
    """Who owns the model that a party objects to, else who published the version."""
    version = communication_of(event).model_version
    owner = version.model.owner
    people = list(people_in_team(owner.slug)) if owner else []
    yield from _each(people or [version.published_by], but=event)


def communication_of(event: OutboxEvent) -> Communication:
    found = Communication.objects.select_related("party", "model_version__model__owner", "model_version__published_by")
    return found.get(pk=event.subject_id)
