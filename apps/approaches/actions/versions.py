"""Versions of an approach: drafted, reviewed, published, superseded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from apps.approaches.lifecycle import CHAPTERS, EDITABLE, SCOPE, VersionStatus
from apps.approaches.models import Approach, ApproachVersion
from apps.approaches.permissions import is_release_manager
from apps.core import moves
from apps.core.actor import Actor
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.errors import FieldError, Invalid, NotNow


@transaction.atomic
def draft_version(*, approach: Approach, by: Actor, note: str = "", **fields: Any) -> ApproachVersion:
    """Begin a new version. What is not given is taken over from the one in force, or else from the latest."""
    moves.require(is_release_manager, approach, by)
    _refuse_unknown(fields)
    held = moves.lock(approach)
    fields = {**_starting_point(held), **({"summary": note} if note else {}), **fields}
    number = (held.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    words = {name: value for name, value in fields.items() if name not in SCOPE}
    version = ApproachVersion(approach=held, number=number, author=by.user, **words)
    return _relate(moves.create(version, by=by, verb="draft"), fields, by)


@transaction.atomic
def change_draft(*, version: ApproachVersion, by: Actor, **fields: Any) -> ApproachVersion:
    """Edit a draft. Whoever edits becomes one of its writers and does not publish it."""
    row = moves.lock(version)
    if row.status not in EDITABLE:
        raise NotNow([_not_editable(row)])
    moves.require(is_release_manager, row, by)
    _refuse_unknown(fields)
    words = {name: value for name, value in fields.items() if name not in SCOPE}
    changed = _relate(moves.change(row, words, by=by), fields, by)
    if changed.version != version.version and by.user is not None:
        changed.editors.add(by.user)
    return changed


def submit_version(*, version: ApproachVersion, by: Actor, note: str = "") -> ApproachVersion:
    """Ask somebody else to look at the draft."""
    return moves.move(version, "submit", by=by, note=note)


@transaction.atomic
def publish_version(*, version: ApproachVersion, by: Actor, note: str = "") -> ApproachVersion:
    """Put a reviewed version in force, in place of the one before it."""
    approach, at = moves.lock(version.approach), now()
    for before in approach.versions.published().exclude(pk=version.pk):
        moves.move(before, "supersede", by=by, note=f"Superseded by version {version.number}.")
    published = moves.move(
        version,
        "publish",
        by=by,
        note=note,
        change={"published_by": by.user, "published_at": at},
        data={"approach": approach.slug, "number": version.number},
    )
    if approach.next_review_on is None or approach.next_review_on < at.date():
        due = at.date() + timedelta(days=approach.review_every_days)
        moves.change(approach, {"next_review_on": due}, by=by)
    return published


def request_changes(*, version: ApproachVersion, by: Actor, note: str = "") -> ApproachVersion:
    """Give the version back to be edited."""
    return moves.move(version, "request_changes", by=by, note=note)


def withdraw_version(*, version: ApproachVersion, by: Actor, note: str = "") -> ApproachVersion:
    """Give a version up that was never in force."""
    return moves.move(version, "withdraw", by=by, note=note)


def retire_version(*, version: ApproachVersion, by: Actor, note: str = "") -> ApproachVersion:
    """Take the version out of force without another in its place."""
    return moves.move(version, "retire", by=by, note=note)


def _relate(version: ApproachVersion, fields: dict[str, Any], by: Actor) -> ApproachVersion:
    for name in SCOPE:
        if name in fields:
            version = moves.relate(version, name, fields[name], by=by)
    return version


def _starting_point(approach: Approach) -> dict[str, Any]:
    latest = approach.versions.published().first() or approach.versions.order_by("-number").first()
    if latest is None:
        return {}
    words = {name: getattr(latest, name) for name in CHAPTERS}
    return words | {name: list(getattr(latest, name).all()) for name in SCOPE}


def _refuse_unknown(fields: dict[str, Any]) -> None:
    unknown = sorted(set(fields) - {"summary", *CHAPTERS, *SCOPE})
    if unknown:
        raise Invalid([FieldError(name, "not_editable", f"“{name}” cannot be edited.") for name in unknown])


def _not_editable(version: ApproachVersion) -> Blocker:
    status = version.get_status_display().lower()
    hint = "ask for changes first" if version.status == VersionStatus.IN_REVIEW else "draft a new version instead"
    return Blocker("not_editable", f"Version {version.number} is {status} and cannot be edited; {hint}.")
