"""Which event is told to whom: one line an event. The template bears the event's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.models import OutboxEvent
from apps.notifications.queries import contents, readers
from apps.notifications.queries.readers import Reader


@dataclass(frozen=True)
class Route:
    """Who is told, what the message says, and why they get it."""

    audience: Callable[[OutboxEvent], Iterator[Reader]]
    content: Callable[[OutboxEvent, Reader], dict[str, Any]]
    reason: Any


ASKED = _("You are asked to approve it.")
WAITS = _("You asked for the approval, or you manage the release.")
TALKS = _("You take part in this approval.")
ANSWERED = _("You were asked to approve it.")
APPROVED = _("You approved it.")
GIVEN = _("The task was given to you.")
INVOLVED = _("You work on the release, or you own the service.")
PASSED_OVER = _("Your approval is owed afterwards.")
PROMISED = _("You were promised notice of changes to this service.")
REVIEWS = _("The review is yours to write.")
REVIEWS_MODEL = _("You own the release model, or the review is yours to write.")
REVIEWS_APPROACH = _("You own the release approach, or the review is yours to write.")
COVERED = _("You own a service in the scope of the approach.")
JUDGES = _("You own the service and may accept the review.")
CONCERNED = _("You consume a service that is released this way, or you help to provide it.")
OWNS_MODEL = _("You own the release model, or you published it.")
INVITED = _("You use the service, or you own it.")

ROUTES: dict[str, tuple[Route, ...]] = {
    "approvals.ask.create": (Route(readers.asked_person, contents.about_ask, ASKED),),
    "approvals.ask.remind": (Route(readers.asked_person, contents.about_ask, ASKED),),
    "approvals.round.escalate": (Route(readers.those_above_the_silent, contents.about_round, WAITS),),
    "approvals.remark.ask": (Route(readers.those_in_the_talk, contents.about_remark, TALKS),),
    "approvals.remark.say": (Route(readers.those_in_the_talk, contents.about_remark, TALKS),),
    "approvals.round.approve": (Route(readers.those_who_wait_for_the_decision, contents.about_round, WAITS),),
    "approvals.round.reject": (Route(readers.those_who_wait_for_the_decision, contents.about_round, WAITS),),
    "approvals.round.expire": (Route(readers.those_who_wait_for_the_decision, contents.about_round, WAITS),),
    "approvals.round.cancel": (Route(readers.everyone_in_the_round, contents.about_round, ANSWERED),),
    "release_models.communication.ask": (Route(readers.told_party, contents.about_communication, CONCERNED),),
    "release_models.communication.remind": (Route(readers.told_party, contents.about_communication, CONCERNED),),
    "release_models.communication.object": (Route(readers.model_owners, contents.about_communication, OWNS_MODEL),),
    "releases.release.supersede": (Route(readers.those_who_approved, contents.about_fallen_approval, APPROVED),),
    "releases.release.rework": (Route(readers.those_who_approved, contents.about_fallen_approval, APPROVED),),
    "releases.release.approve": (Route(readers.parties_with_notice, contents.about_release, PROMISED),),
    "releases.task.assign": (Route(readers.task_assignee, contents.about_task, GIVEN),),
    "releases.task.create": (Route(readers.task_assignee, contents.about_task, GIVEN),),
    "releases.task.change": (Route(readers.task_assignee, contents.about_task, GIVEN),),
    "releases.hold.place": (Route(readers.team_and_owners, contents.about_hold, INVOLVED),),
    "releases.release.start": (Route(readers.team_and_owners, contents.about_release, INVOLVED),),
    "releases.release.break_glass": (Route(readers.those_passed_over, contents.about_release, PASSED_OVER),),
    "releases.release.finish": (
        Route(readers.team_and_owners, contents.about_release, INVOLVED),
        Route(readers.parties_with_notice, contents.about_release, PROMISED),
    ),
    "releases.release.back_out": (Route(readers.team_and_owners, contents.about_release, INVOLVED),),
    "releases.release.close": (Route(readers.team_and_owners, contents.about_release, INVOLVED),),
    "reviews.releasereview.create": (Route(readers.reviewer, contents.about_review, REVIEWS),),
    "reviews.modelreview.create": (Route(readers.model_reviewer, contents.about_model_review, REVIEWS_MODEL),),
    "reviews.modelreview.chase": (Route(readers.model_reviewer, contents.about_model_review, REVIEWS_MODEL),),
    "reviews.approachreview.create": (
        Route(readers.approach_reviewer, contents.about_approach_review, REVIEWS_APPROACH),
    ),
    "reviews.approachreview.chase": (
        Route(readers.approach_reviewer, contents.about_approach_review, REVIEWS_APPROACH),
    ),
    "approaches.approachversion.publish": (Route(readers.covered_owners, contents.about_approach, COVERED),),
    "reviews.releasereview.chase": (Route(readers.reviewer, contents.about_review, REVIEWS),),
    "reviews.releasereview.submit": (Route(readers.review_judges, contents.about_review, JUDGES),),
    "reviews.releasereview.send_back": (Route(readers.reviewer, contents.about_review, REVIEWS),),
    "reviews.surveyinvitation.invite": (Route(readers.invited, contents.about_invitation, INVITED),),
}
SAME_WORDS = {
    "approvals.ask.remind": "approvals.ask.create",
    "approvals.remark.say": "approvals.remark.ask",
    "releases.task.change": "releases.task.assign",
    "releases.task.create": "releases.task.assign",
}


def template_of(event_name: str) -> str:
    return SAME_WORDS.get(event_name, event_name)
