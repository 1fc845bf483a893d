"""What went round a rule with leave: no breach, but nothing that may be forgotten either."""

from __future__ import annotations

from django.db.models import Q

from apps.core.models import AuditEntry, label_of
from apps.releases.models import Release

ROUND_A_RULE = ("releases.check.waive", "releases.release.break_glass", "releases.release.accept_early")
MODEL_CHOSEN = ("releases.release.apply_model", "releases.release.migrate_model")


def ways_round(release: Release) -> list[AuditEntry]:
    """Every such deed on a release, the first one first: waivers, a model that does not apply, broken glass."""
    entries = AuditEntry.objects.filter(root_type=label_of(release), root_key=release.key)
    wanted = Q(event__in=ROUND_A_RULE)
    if release.misfit_reason:
        wanted |= Q(event__in=MODEL_CHOSEN)
    return list(entries.filter(wanted).order_by("id"))
