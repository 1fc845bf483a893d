"""What is under way: releases from verifying to released, each with its holds and what it waits for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, Prefetch, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from apps.core.display import page_of, tone_of
from apps.desk.queries.items import SHOWN, Block, Item
from apps.releases.lifecycle.words import Status
from apps.releases.models import Hold, Release, Wait

# the nearer to the users, the higher on the page
LOUDEST = (
    Status.BACKING_OUT,
    Status.RELEASING,
    Status.RELEASED,
    Status.SCHEDULED,
    Status.AWAITING_APPROVAL,
    Status.VERIFYING,
)


def under_way(user: Any, at: datetime) -> Block:
    releases = Release.objects.filter(status__in=LOUDEST)
    return Block([_item(release, at) for release in _in_order(releases)[:SHOWN]], releases.count())


def _in_order(releases: QuerySet) -> QuerySet:
    rank = Case(
        *[When(status=status, then=Value(place)) for place, status in enumerate(LOUDEST)], output_field=IntegerField()
    )
    return releases.order_by(rank, "planned_start", "id").prefetch_related(
        Prefetch("holds", Hold.objects.in_force(), to_attr="holds_now"),
        Prefetch("waits", Wait.objects.filter(ended_at__isnull=True), to_attr="waits_now"),
    )


def _item(release: Release, at: datetime) -> Item:
    facts = [("bad", _("held: %s") % hold.reason) for hold in release.holds_now]
    facts += [("warn", _waits_for(wait)) for wait in release.waits_now]
    if release.exposure not in (0, 100) and release.status in (Status.RELEASING, Status.BACKING_OUT):
        facts.append(("active", _("%d %% exposed") % release.exposure))
    return Item(
        kind=release.key,
        title=release.title,
        url=page_of(release),
        at=_moment_of(release),
        at_label=_label_of(release),
        tone=tone_of(release.status),
        badge=release.get_status_display(),
        facts=tuple(facts),
    )


def _waits_for(wait: Wait) -> str:
    return str(_("waits for %s") % wait.get_reason_display().lower())


def _moment_of(release: Release) -> datetime | None:
    if release.status in (Status.RELEASING, Status.BACKING_OUT):
        return release.started_at
    return release.early_life_ends_at if release.status == Status.RELEASED else release.planned_start


def _label_of(release: Release) -> Any:
    if release.status in (Status.RELEASING, Status.BACKING_OUT):
        return _("since")
    return _("early life until") if release.status == Status.RELEASED else _("planned for")
