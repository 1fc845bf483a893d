"""The verbs of findings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from apps.compliance import controls
from apps.compliance.controls import Breach
from apps.compliance.models import BY_AUDITOR, Control, Finding, Severity
from apps.compliance.permissions import may_raise
from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Invalid
from apps.core.keys import next_key
from apps.release_models.models import Communication
from apps.releases.models import Deployment, Release

DAYS_TO_CLOSE = {Severity.HIGH: 7, Severity.MEDIUM: 30, Severity.LOW: 90}


def raise_finding(
    *,
    by: Actor,
    control: str,
    title: str,
    detail: str,
    severity: int = Severity.MEDIUM,
    release: Release | None = None,
    occurred_at: datetime | None = None,
    due_on: date | None = None,
    subject_key: str = "",
) -> Finding:
    """Write down what an auditor found. What the controls find they raise themselves."""
    moves.require(may_raise, None, by)
    if control not in BY_AUDITOR:
        raise Invalid.field("control", "raised_by_itself", "This control raises its findings itself; choose an audit.")
    return _raise(
        Breach(
            control,
            subject_key or (release.key if release else ""),
            title,
            detail,
            occurred_at or now(),
            release,
            severity,
        ),
        by,
        due_on,
    )


def close_finding(*, finding: Finding, by: Actor, note: str) -> Finding:
    """Close a finding with a note that says how the breach was mended."""
    return moves.move(
        finding, "close", by=by, note=note, change={"closed_at": now(), "closed_by": by.user, "close_note": note}
    )


def judge_start(*, release: Release, by: Actor) -> list[Finding]:
    """Judge the start of a release."""
    return _raise_each(controls.breaches_at_start(release), by)


def judge_duties(*, release: Release, by: Actor) -> list[Finding]:
    """Judge whether those who approved a release had no other duty in it."""
    return _raise_each(controls.breaches_of_duty(release), by)


def judge_deployment(*, deployment: Deployment, by: Actor) -> list[Finding]:
    """Judge whether what went live is what was approved."""
    return _raise_each(controls.breaches_of_deployment(deployment), by)


def judge_overdue_review(*, release: Release, due_on: str, by: Actor) -> list[Finding]:
    """A review was chased because its day has passed."""
    return _raise_each([_overdue(release.key, release.key, due_on, release)], by)


def judge_overdue_review_of(*, key: str, what: str, due_on: str, by: Actor) -> list[Finding]:
    """The review of a release model or approach was chased because its day has passed."""
    return _raise_each([_overdue(key, what, due_on)], by)


def _overdue(key: str, what: str, due_on: str, release: Release | None = None) -> Breach:
    zone = ZoneInfo(settings.TIDEGATE_TIME_ZONE)
    return Breach(
        Control.REVIEW_OVERDUE,
        key,
        f"{key}: {Control.REVIEW_OVERDUE.label}",
        f"The review of {what} was due on {due_on} and has not been submitted.",
        datetime.fromisoformat(due_on).replace(tzinfo=zone) + timedelta(days=1),
        release,
        Severity.LOW,
    )


def judge_objection(*, communication: Communication, by: Actor) -> list[Finding]:
    """A partner or consumer objects to how we release: the owner of the model has something to answer."""
    version = communication.model_version
    breach = Breach(
        Control.MODEL_OBJECTION,
        communication.key,
        f"{communication.party} objects to {version}",
        communication.statement,
        communication.objected_at,
    )
    return _raise_each([breach], by)


def note_answered_objection(*, communication: Communication, by: Actor, note: str) -> Finding | None:
    """The objection is no longer open: its finding is closed with what was said."""
    known = Finding.objects.open().filter(control=Control.MODEL_OBJECTION, subject_key=communication.key).first()
    if known is None:
        return None
    status = communication.get_status_display()
    return close_finding(finding=known, by=by, note=f"{status}: {note}" if note else f"{status}.")


def sweep_controls(*, at: datetime, by: Actor) -> list[Finding]:
    """Judge what time alone makes a breach: approvals owed too long, deployments that matched no release."""
    return [
        *_raise_each(controls.breaches_of_emergency(at), by),
        *_raise_each(controls.breaches_of_bypass(at), by),
    ]


def verify_trail(*, at: datetime, by: Actor) -> list[Finding]:
    """Judge whether the audit trail is whole."""
    return _raise_each(controls.breaches_of_trail(at), by)


def _raise_each(breaches: Iterable[Breach], by: Actor) -> list[Finding]:
    """Raise what was not raised before: a breach is found once, and stays closed when it was closed."""
    raised = []
    for breach in breaches:
        known = Finding.objects.filter(control=breach.control, subject_key=breach.subject_key)
        if not known.exists():
            raised.append(_raise(breach, by))
    return raised


@transaction.atomic
def _raise(breach: Breach, by: Actor, due_on: date | None = None) -> Finding:
    at = now()
    today = at.astimezone(ZoneInfo(settings.TIDEGATE_TIME_ZONE)).date()
    finding = Finding(
        key=next_key("FND", at.year),
        control=breach.control,
        subject_key=breach.subject_key,
        release=breach.release,
        title=breach.title[:200],
        detail=breach.detail,
        severity=breach.severity,
        occurred_at=breach.occurred_at,
        raised_at=at,
        raised_by=by.user,
        due_on=due_on or today + timedelta(days=DAYS_TO_CLOSE[Severity(breach.severity)]),
    )
    return moves.create(finding, by=by, verb="raise", data=_facts(breach))


def _facts(breach: Breach) -> dict[str, Any]:
    return {"control": breach.control, "release": breach.release.key if breach.release else ""}
