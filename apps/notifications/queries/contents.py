"""What a message says: the facts of an event in the reader's words, each on a line of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.approaches.models import ApproachVersion
from apps.approvals.models import Remark, Round
from apps.approvals.queries import who_is_needed
from apps.core.models import OutboxEvent
from apps.notifications.queries.readers import Reader, communication_of, release_of
from apps.notifications.rendering import absolute, quoted, shown_time
from apps.release_models.content.words import applies_in_words
from apps.release_models.queries import changes_told
from apps.releases import queries as releases
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.scope import differences
from apps.releases.lifecycle.words import CheckStatus, Risk
from apps.releases.models import Hold, Release, Task
from apps.reviews.models import ApproachReview, ModelReview, ReleaseReview

Facts = list[tuple[str, str]]
MOST_LISTED = 5


def about_release(event: OutboxEvent, reader: Reader) -> dict[str, Any]:
    """A deed on a release: what, when, why, by whom."""
    release = release_of(event)
    return _release(release) | {
        "actor": event.payload["actor"],
        "note": quoted(event.payload["note"]),
        "facts": _facts(
            (_("What"), _what(release)),
            (_("Planned"), _window(release)),
            (_("Why"), quoted(event.payload["note"])),
            (_("Incident"), quoted(event.payload["data"].get("incident", ""))),
        ),
    }


def about_ask(event: OutboxEvent, reader: Reader) -> dict[str, Any]:
    """The brief of an approval: everything one needs to decide, on one screen."""
    release, round = release_of(event), reader.ask.round
    need = next(one for one in who_is_needed(round) if one.group == reader.ask.group)
    group = next(one for one in round.groups if one.name == reader.ask.group)
    return _release(release) | {
        "group": need.group,
        "needed": need.needed,
        "eligible": max(round.members(group).count(), need.needed),
        "when": shown_time(release.planned_start),
        "deadline": shown_time(round.expires_at),
        "on_behalf_of": str(reader.ask.on_behalf_of or ""),
        "code_allowed": round.email_code_allowed,
        "facts": _brief(release, round),
        "digest": round.digest[:16],
    }


def _brief(release: Release, round: Round) -> Facts:
    return _facts(
        (_("What"), _what(release)),
        (_("Why"), quoted(release.expected_benefit, 240)),
        (_("When"), _window(release)),
        (_("Changes"), _components(release)),
        (_("Reach"), _reach(release)),
        (_("Risk"), _risk(release)),
        (_("Evidence"), _evidence(release)),
        (_("Back-out"), quoted(release.back_out_plan, 240)),
        (_("Since the last approval"), _since_last_approval(release, round)),
        (_("Decided so far"), _decided(round)),
        (_("Still needed"), "; ".join(need.words for need in who_is_needed(round) if not need.is_met)),
        (_("Asked by"), str(round.requester or "")),
    )


def _risk(release: Release) -> str:
    """What is stated, what is assessed where that differs, and the three weightiest factors."""
    found = releases.risk_of(release)
    stated = str(release.get_risk_display())
    assessed = "" if found.risk == release.risk else _(" (assessed: %s)") % Risk(found.risk).label
    why = " ".join(one.why for one in found.top)
    return f"{stated}{assessed}. {why}".strip()


def about_remark(event: OutboxEvent, reader: Reader) -> dict[str, Any]:
    """What was asked or said about an approval that is open."""
    release = release_of(event)
    said = Remark.objects.select_related("person", "round").get(pk=event.subject_id)
    return _release(release) | {
        "who": str(said.person),
        "is_question": said.kind == Remark.Kind.QUESTION,
        "said": quoted(said.text),
        "facts": _facts(
            (_("What"), _what(release)),
            (_("Said"), quoted(said.text)),
            (_("Answer by"), shown_time(said.round.expires_at)),
        ),
    }


def about_round(event: OutboxEvent, reader: Reader) -> dict[str, Any]:
    """How an approval round ended."""
    release = release_of(event)
    round = Round.objects.get(pk=event.subject_id)
    return _release(release) | {
        "decision": str(round.get_status_display()).lower(),
        "reason": quoted(round.closed_reason),
        "facts": _facts(
            (_("What"), _what(release)),
            (_("Decided"), _decided(round)),
            (_("Reason"), quoted(round.closed_reason)),
            (_("Next"), _next(release)),
        ),
    }


def about_fallen_approval(event: OutboxEvent, reader: Reader) -> dict[str, Any]:
    """Why an approval that was given no longer stands: each difference in words."""
    release = release_of(event)
    changed = event.payload["data"].get("differences") or [event.payload["note"]]
    return _release(release) | {
        "actor": event.payload["actor"],
        "differences": [quoted(sentence, 300) for sentence in changed[:20]],
        "facts": _facts((_("What"), _what(release)), (_("Next"), _next(release))),
    }


def about_task(event: OutboxEvent, reader: Reader) -> dict[str, Any]:
    """A task and when it is due."""
    release = release_of(event)
    task = Task.objects.get(pk=event.subject_id)
    return _release(release) | {
        "task": quoted(task.title),
        "actor": event.payload["actor"],
        "facts": _facts(
            (_("Task"), quoted(task.title)),
            (_("Of"), _what(release)),
            (_("From"), shown_time(task.planned_start)),
            (_("To"), shown_time(task.planned_end)),
            (_("How"), quoted(task.instructions, 400)),
        ),
    }


def about_hold(event: OutboxEvent, reader: Reader) -> dict[str, Any]:
    """Who stopped a release, why, and until when."""
    release = release_of(event)
    hold = Hold.objects.get(pk=event.subject_id)
    until = shown_time(hold.until) if hold.until else _("until it is lifted")
    return _release(release) | {
        "actor": event.payload["actor"],
        "reason": quoted(hold.reason),
        "facts": _facts((_("What"), _what(release)), (_("Reason"), quoted(hold.reason)), (_("Until"), until)),
    }


def about_review(event: OutboxEvent, reader: Reader) -> dict[str, Any]:
    """A review and its day."""
    review = ReleaseReview.objects.select_related("release").get(pk=event.subject_id)
    release = release_of(event)
    return _release(release) | {
        "url": absolute(page_of(review)),
        "due_on": review.due_on,
        "days_overdue": event.payload["data"].get("days_overdue", 0),
        "actor": event.payload["actor"],
        "note": quoted(event.payload["note"]),
        "facts": _facts(
            (_("What"), _what(release)),
            (_("Outcome"), str(review.get_outcome_display())),
            (_("Due on"), review.due_on.isoformat()),
            (_("Note"), quoted(event.payload["note"])),
        ),
    }


def about_model_review(event: OutboxEvent, reader: Reader) -> dict[str, Any]:
    """A review of a release model and its day."""
    review = ModelReview.objects.select_related("release_model").get(pk=event.subject_id)
    return {
        "key": review.key,
        "model": review.release_model.name,
        "url": absolute(page_of(review)),
        "due_on": review.due_on,
        "days_overdue": event.payload["data"].get("days_overdue", 0),
        "facts": _facts((_("What"), review.release_model.name), (_("Due on"), review.due_on.isoformat())),
    }


def about_approach_review(event: OutboxEvent, reader: Reader) -> dict[str, Any]:
    """A review of a release approach and its day."""
    review = ApproachReview.objects.select_related("approach").get(pk=event.subject_id)
    return {
        "key": review.key,
        "approach": review.approach.name,
        "url": absolute(page_of(review)),
        "due_on": review.due_on,
        "facts": _facts((_("What"), review.approach.name), (_("Due on"), review.due_on.isoformat())),
    }


def about_approach(event: OutboxEvent, reader: Reader) -> dict[str, Any]:
    """A version of an approach that came in force, and what is new in it."""
    version = ApproachVersion.objects.select_related("approach", "published_by").get(pk=event.subject_id)
    by = version.published_by
    return {
        "approach": version.approach.name,
        "number": version.number,
        "url": absolute(page_of(version)),
        "facts": _facts((_("What is new"), version.summary), (_("Published by"), str(by) if by else "–")),
    }


def about_invitation(event: OutboxEvent, reader: Reader) -> dict[str, Any]:
    """A release and how long answers are taken."""
    release = release_of(event)
    return _release(release) | {
        "closes": shown_time(reader.invitation.survey.closes_at),
        "facts": _facts((_("What"), _what(release)), (_("Released"), shown_time(release.released_at))),
    }


def about_communication(event: OutboxEvent, reader: Reader) -> dict[str, Any]:
    """A model version told to a party: what it changes for them, and by when they answer."""
    told = communication_of(event)
    version = told.model_version
    changes = changes_told(version)
    return {
        "key": told.key,
        "model": quoted(version.model.name, 100),
        "number": version.number,
        "party": told.party.name,
        "deadline": shown_time(told.due_at),
        "statement": quoted(told.statement),
        "url": absolute(page_of(told)),
        "facts": _facts(
            (_("Release model"), quoted(version.model.name, 100)),
            (_("What it is for"), quoted(version.model.purpose, 300)),
            (_("What is new"), quoted(version.summary, 300)),
            (_("What changes"), _some(changes)),
            (_("Applies to"), _some(applies_in_words(version.content["applies"]))),
            (_("Answer by"), shown_time(told.due_at)),
        ),
    }


def _release(release: Release) -> dict[str, Any]:
    return {
        "key": release.key,
        "title": quoted(release.title, 100),
        "version": quoted(release.release_version, 40),
        "environment": release.environment.name if release.environment_id else "",
        "subject": str(release.subject.name),
        "manager": str(release.release_manager or ""),
        "url": absolute(page_of(release)),
    }


def _facts(*pairs: tuple[Any, str]) -> Facts:
    """The facts that are known."""
    return [(str(label), value) for label, value in pairs if value]


def _what(release: Release) -> str:
    where = f" → {release.environment.name}" if release.environment_id else ""
    return f"{release.key} {quoted(release.title, 100)} {release.release_version} ({release.subject.name}){where}"


def _window(release: Release) -> str:
    if release.planned_start is None:
        return ""
    return f"{shown_time(release.planned_start)} – {shown_time(release.planned_end)}"


def _components(release: Release) -> str:
    listed = [
        f"{one.ci.name} {one.from_version or _('new')} → {one.to_version}"
        for one in release.components.select_related("ci")
    ]
    return _some(listed)


def _some(listed: Iterable[str]) -> str:
    listed = list(listed)
    more = len(listed) - MOST_LISTED
    shown = listed[:MOST_LISTED]
    return "; ".join([*shown, _("and %d more") % more] if more > 0 else shown)


def _reach(release: Release) -> str:
    found = releases.reached_by(release)
    reached, parties = len(found.impact.nodes), len(found.people.parties)
    items = ngettext("%d item affected", "%d items affected", reached) % reached
    return items + ", " + ngettext("%d consumer or partner", "%d consumers and partners", parties) % parties


def _evidence(release: Release) -> str:
    checks = list(release.checks.filter(required=True))
    if not checks:
        return _("not verified: the model requires no checks")
    counts = {status: sum(check.status == status for check in checks) for status in CheckStatus}
    shown = [f"{count} {status.label.lower()}" for status, count in counts.items() if count]
    waived = [f"“{check.title}”: {quoted(check.waiver_reason, 120)}" for check in checks if check.status == "waived"]
    return "; ".join([", ".join(shown), *waived])


def _since_last_approval(release: Release, round: Round) -> str:
    earlier = Round.objects.filter(key__startswith=f"{release.key}-A", status="approved", pk__lt=round.pk)
    last = earlier.order_by("-pk").first()
    return " ".join(quoted(one, 160) for one in differences(last.content, round.content)[:MOST_LISTED]) if last else ""


def _decided(round: Round) -> str:
    said = [
        f"{answer.person}: {str(answer.get_decision_display()).lower()}"
        + (f" ({quoted(answer.reason, 120)})" if answer.reason else "")
        for answer in round.answers.select_related("person").order_by("pk")
    ]
    return "; ".join(said)


def _next(release: Release) -> str:
    return _("the release is %(status)s; planned %(window)s") % {
        "status": str(release.get_status_display()).lower(),
        "window": _window(release) or _("not yet"),
    }
