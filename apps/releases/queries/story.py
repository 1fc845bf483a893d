"""What happened to a release, what it waits for, and how its verification stands."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.core.models import AuditEntry, label_of
from apps.releases.lifecycle.words import CheckGroup
from apps.releases.models import Release, Wait


def timeline(release: Release) -> QuerySet[AuditEntry]:
    """Every deed on the release, on its parts, and in its approval rounds, the first one first."""
    own = AuditEntry.objects.filter(root_type=label_of(release), root_key=release.key)
    rounds = AuditEntry.objects.filter(
        root_type="approvals.round", root_key__gte=f"{release.key}-A", root_key__lt=f"{release.key}-B"
    )
    return (own | rounds).order_by("id")


def waits(release: Release) -> QuerySet[Wait]:
    """The spans in which it waited, and for what."""
    return release.waits.order_by("started_at", "pk")


def verification_standing(release: Release) -> str:
    """`passed`, `passed_with_waiver`, `failed`, `not_ready`, or `not_verified` where nothing is required.

    The checks of the released service count from the moment it is released.
    """
    due = [check for check in release.checks.all() if release.released_at or check.group != CheckGroup.RELEASE]
    required = {check.status for check in due if check.required}
    if not required:
        return "not_verified"
    if required & {"failed", "error"}:
        return "failed"
    if required - {"passed", "waived"}:
        return "not_ready"
    return "passed_with_waiver" if "waived" in required else "passed"


def release_of_round(round_key: str) -> Release | None:
    """The release whose open question this round is."""
    return Release.objects.filter(round__key=round_key).first()
