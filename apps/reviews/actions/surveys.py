"""The verbs of surveys: ask, answer, close."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction

from apps.core import moves
from apps.core.actor import Actor
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid, NotNow
from apps.core.keys import next_key
from apps.releases.models import Release
from apps.reviews import queries
from apps.reviews.models import Survey, SurveyInvitation, SurveyResponse
from apps.reviews.permissions import may_survey

OPEN_FOR = timedelta(days=14)


@transaction.atomic
def open_survey(*, release: Release, by: Actor, purpose: str = "", closes_at: Any = None) -> Survey:
    """Ask those whom the release reaches; its own team and its approvers are not asked, and nobody twice in 30 days."""
    moves.require(may_survey, release, by)
    if release.released_at is None:
        raise NotNow([Blocker("not_released", "People can be asked once the release has been released.")])
    usual = Survey.Purpose.INTRODUCTION if queries.is_introduction(release) else Survey.Purpose.RELEASE
    at = now()
    survey = Survey(
        key=next_key("SUR", at.year),
        release=release,
        purpose=purpose or usual,
        opens_at=at,
        closes_at=closes_at or at + OPEN_FOR,
    )
    if survey.closes_at <= at:
        raise Invalid.field("closes_at", "in_the_past", "The survey must close in the future.")
    survey = moves.create(survey, by=by)
    for stakeholder in queries.stakeholders_of(release):
        _invite(survey, stakeholder, by)
    return survey


def _invite(survey: Survey, stakeholder: queries.Stakeholder, by: Actor) -> SurveyInvitation:
    reason = ""
    if not (stakeholder.person or stakeholder.party).email:
        reason = SurveyInvitation.NotAsked.NO_ADDRESS
    elif queries.asked_recently(stakeholder, survey.opens_at):
        reason = SurveyInvitation.NotAsked.ASKED_RECENTLY
    invitation = SurveyInvitation(
        survey=survey,
        person=stakeholder.person,
        party=stakeholder.party,
        stakeholder_group=stakeholder.group,
        not_asked=reason,
    )
    return moves.create(invitation, by=by, verb="pass_over" if reason else "invite")


@transaction.atomic
def answer_survey(
    *, invitation: SurveyInvitation, by: Actor, score: int, disturbed: bool | None = None, comment: str = ""
) -> SurveyResponse:
    """One answer a person and survey, while the survey is open."""
    locked = moves.lock(invitation)
    if not locked.survey.is_open(now()):
        raise NotNow([Blocker("closed", "This survey is closed.", until=None)])
    if locked.not_asked:
        raise NotNow([Blocker("not_asked", "This person was not asked.")])
    if queries.response_of(locked) is not None:
        raise Conflict("You have answered this survey already. Thank you.", code="answered")
    response = SurveyResponse(
        invitation=locked, score=score, disturbed=disturbed, comment=comment.strip(), answered_at=now()
    )
    return moves.create(response, by=by, verb="answer")


def close_survey(*, survey: Survey, by: Actor, note: str = "") -> Survey:
    """Close it before its time; answers given so far count."""
    moves.require(may_survey, survey, by)
    at = now()
    if not survey.is_open(at):
        raise NotNow([Blocker("closed", "This survey is closed already.")])
    return moves.change(survey, {"closes_at": at}, by=by, verb="close", note=note)


def note_undelivered(*, invitation: SurveyInvitation, by: Actor) -> SurveyInvitation:
    """The invitation could not be delivered: the person does not count as asked."""
    return moves.change(invitation, {"undelivered_at": now()}, by=by, verb="note_undelivered")
