"""What is coming: the next fourteen days by planned start, with the freezes among them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.display import page_of, tone_of
from apps.desk.queries.items import Block, Item
from apps.releases.lifecycle.words import BEFORE_RELEASING
from apps.releases.models import Release
from apps.schedule import queries as schedule

AHEAD = timedelta(days=14)
MOST = 60


def coming(user: Any, at: datetime) -> Block:
    """Releases that start, and freezes that begin, within fourteen days."""
    found = [*_releases(at), *_freezes(at)]
    return Block.of(sorted(found, key=lambda item: item.at))


def _releases(at: datetime) -> list[Item]:
    releases = Release.objects.filter(
        status__in=BEFORE_RELEASING, planned_start__gte=at, planned_start__lt=at + AHEAD
    ).select_related("subject", "environment")
    return [
        Item(
            kind=release.key,
            title=release.title,
            url=page_of(release),
            about=" → ".join(filter(None, [release.subject.name, release.environment and release.environment.name])),
            at=release.planned_start,
            at_label=_("starts"),
            tone=tone_of(release.status),
            badge=release.get_status_display(),
        )
        for release in releases.order_by("planned_start", "id")[:MOST]
    ]


def _freezes(at: datetime) -> list[Item]:
    ahead = schedule.freezes_between(at, at + AHEAD)
    return [
        Item(
            kind=_("Freeze"),
            title=entry.record.name,
            url=page_of(entry.record),
            about=_("until %s") % f"{entry.occurrence.ends_at:%Y-%m-%d}",
            at=max(entry.occurrence.starts_at, at),
            at_label=_("in force") if entry.occurrence.starts_at <= at else _("begins"),
            tone="warn",
            badge=entry.record.get_kind_display().split(":")[0],
        )
        for entry in ahead[:MOST]
    ]
