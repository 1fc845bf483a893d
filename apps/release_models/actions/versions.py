"""Versions of a model: drafted, reviewed, published, superseded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from apps.core import moves
from apps.core.actor import Actor
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow
from apps.release_models.actions.communications import close_communications, tell_parties
from apps.release_models.content import complete, digest_of, faults_of
from apps.release_models.lifecycle import EDITABLE, VersionStatus
from apps.release_models.models import ModelVersion, ReleaseModel
from apps.release_models.permissions import is_release_manager
from apps.release_models.queries import ready_made_content, version_named


@transaction.atomic
def draft_version(
    *, model: ReleaseModel, by: Actor, content: dict[str, Any] | None = None, summary: str = ""
) -> ModelVersion:
    """Begin a new version. Without content it starts from the published one, or else from the latest."""
    moves.require(is_release_manager, model, by)
    held = moves.lock(model)
    if content is None:
        content = _starting_point(held)
    full = _sound(content)
    number = (held.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    return moves.create(
        ModelVersion(model=held, number=number, content=full, digest=digest_of(full), summary=summary, author=by.user),
        by=by,
        verb="draft",
    )


@transaction.atomic
def begin_version(*, model: ReleaseModel, by: Actor, start_from: str = "", note: str = "") -> ModelVersion:
    """Begin a new version from what serves, from the latest, or from another model: one there is, or a ready-made one."""
    content = None
    if start_from:
        named = version_named(start_from)
        made = ready_made_content(start_from.removeprefix("ready-made:"))
        content = named.content if named else made
        if content is None:
            raise Invalid.field("start_from", "unknown", f"There is no model “{start_from}” to start from.")
    return draft_version(model=model, by=by, content=content, summary=note)


@transaction.atomic
def change_draft(
    *, version: ModelVersion, by: Actor, content: dict[str, Any] | None = None, summary: str | None = None
) -> ModelVersion:
    """Edit a draft. Whoever edits becomes one of its writers and does not publish it."""
    row = moves.lock(version)
    if row.status not in EDITABLE:
        raise NotNow([_not_editable(row)])
    moves.require(is_release_manager, row, by)
    fields: dict[str, Any] = {}
    if content is not None:
        full = _sound(content)
        fields |= {"content": full, "digest": digest_of(full)}
    if summary is not None:
        fields["summary"] = summary
    changed = moves.change(row, fields, by=by)
    if changed.version != row.version and by.user is not None:
        changed.editors.add(by.user)
    return changed


def submit_version(*, version: ModelVersion, by: Actor, note: str = "") -> ModelVersion:
    """Ask somebody else to look at the draft."""
    return moves.move(version, "submit", by=by, note=note)


@transaction.atomic
def publish_version(*, version: ModelVersion, by: Actor, note: str = "") -> ModelVersion:
    """Put a reviewed version to use, in place of the one that served before."""
    model = moves.lock(version.model)
    at = now()
    for serving in model.versions.filter(status=VersionStatus.PUBLISHED).exclude(pk=version.pk):
        superseded = moves.move(serving, "supersede", by=by, note=f"Superseded by version {version.number}.")
        close_communications(version=superseded, by=by)
    published = moves.move(
        version,
        "publish",
        by=by,
        note=note,
        change={"published_by": by.user, "published_at": at, "digest": digest_of(version.content)},
        data={"model": model.slug, "number": version.number},
    )
    due = model.next_review_on
    if due is None or due < at.date():
        moves.change(model, {"next_review_on": at.date() + timedelta(days=model.review_every_days)}, by=by)
    tell_parties(version=published, by=by)
    return published


def request_changes(*, version: ModelVersion, by: Actor, note: str = "") -> ModelVersion:
    """Give the version back to be edited."""
    return moves.move(version, "request_changes", by=by, note=note)


def withdraw_version(*, version: ModelVersion, by: Actor, note: str = "") -> ModelVersion:
    """Give a version up that was never published."""
    return moves.move(version, "withdraw", by=by, note=note)


@transaction.atomic
def retire_version(*, version: ModelVersion, by: Actor, note: str = "") -> ModelVersion:
    """Take the published version out of use; nobody is asked about it any more."""
    retired = moves.move(version, "retire", by=by, note=note)
    close_communications(version=retired, by=by)
    return retired


def _starting_point(model: ReleaseModel) -> dict[str, Any]:
    latest = model.versions.published().first() or model.versions.order_by("-number").first()
    if latest is None:
        raise Invalid.field("content", "required", "The first version of a model needs a content.")
    return latest.content


def _sound(content: Any) -> dict[str, Any]:
    full = complete(content)
    faults = faults_of(full)
    if faults:
        raise Invalid(faults)
    return full


def _not_editable(version: ModelVersion) -> Blocker:
    status = version.get_status_display().lower()
    hint = "ask for changes first" if version.status == VersionStatus.IN_REVIEW else "draft a new version instead"
    return Blocker("not_editable", f"Version {version.number} is {status} and cannot be edited; {hint}.")
