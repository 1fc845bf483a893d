"""What a calendar program reads at a secret address."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max, Q, QuerySet
from icalendar import Calendar, Event, vDuration, vRecur

from apps.accounts.permissions import may_read
from apps.cmdb.models import ConfigurationItem, Party, ServiceRelationship
from apps.integrations.models import CalendarFeed
from apps.releases.lifecycle.words import Status
from apps.releases.models import Release
from apps.schedule import queries as schedule
from apps.schedule.models import Freeze, Timed, Window

BEHIND, AHEAD = timedelta(days=90), timedelta(days=366)
MOST = 2000
PLANNED = (Status.PLANNING, Status.VERIFYING, Status.AWAITING_APPROVAL)
REFRESH = timedelta(minutes=15)


def digest_of_token(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


def feed_of_token(token: str) -> CalendarFeed | None:
    """The feed at this address: not revoked, and its owner still here with a role."""
    rows = CalendarFeed.objects.select_related("owner", "team", "value_stream")
    feed = rows.filter(token_digest=digest_of_token(token), revoked_at__isnull=True).first()
    return feed if feed is not None and may_read(feed, feed.owner) else None


def feed_version(feed: CalendarFeed, at: datetime) -> str:
    """Changes when anything in the feed may have changed: cheap enough to be asked at every poll."""
    told_by = (Release, Window, Freeze)
    if feed.team_id or feed.value_stream_id or feed.is_mine_only:
        told_by += (ConfigurationItem, Party, ServiceRelationship)
    newest = [model.objects.aggregate(newest=Max("updated_at"))["newest"] for model in told_by]
    told = [feed.updated_at, at.date(), *newest]
    return hashlib.sha256("|".join(map(str, told)).encode()).hexdigest()[:32]


def calendar_of(feed: CalendarFeed, *, at: datetime) -> bytes:
    """RFC 5545: releases, windows and freezes from ninety days back to a year ahead."""
    calendar = Calendar()
    calendar.add("prodid", "-//Tidegate//Release calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", feed.name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    for release in releases_of(feed, at=at):
        calendar.add_component(_release(release))
    for row in schedule.scheduled(at - BEHIND, at + AHEAD, reach_of(feed, at=at))[:MOST]:
        calendar.add_component(_span(row, at))
    calendar.add_missing_timezones()
    return calendar.to_ical()


def releases_of(feed: CalendarFeed, *, at: datetime) -> QuerySet[Release]:
    """Releases with a date that this feed shows."""
    rows = Release.objects.exclude(status=Status.DRAFT).filter(planned_start__isnull=False, planned_end__isnull=False)
    rows = rows.filter(planned_end__gt=at - BEHIND, planned_start__lt=at + AHEAD)
    if feed.team_id:
        rows = rows.filter(Q(subject__owner=feed.team_id) | Q(components__ci__owner=feed.team_id))
    if feed.value_stream_id:
        rows = rows.filter(subject__value_streams=feed.value_stream_id)
    if feed.is_mine_only:
        rows = rows.filter(Q(release_manager=feed.owner_id) | Q(tasks__assignee=feed.owner_id))
    return (
        rows.select_related("subject", "environment", "release_manager")
        .distinct()
        .order_by("planned_start", "pk")[:MOST]
    )


def reach_of(feed: CalendarFeed, *, at: datetime) -> schedule.Reach:
    """What the releases of this feed touch: only the windows and freezes over it are shown."""
    if not (feed.team_id or feed.value_stream_id or feed.is_mine_only):
        return schedule.EVERYTHING
    items, environments = ConfigurationItem.objects.all(), None
    if feed.team_id:
        items = items.filter(owner=feed.team_id)
    if feed.value_stream_id:
        items = items.filter(value_streams=feed.value_stream_id)
    if feed.is_mine_only:
        mine = dict(releases_of(feed, at=at).values_list("pk", "environment"))
        items = items.filter(Q(releases__in=mine) | Q(components__release__in=mine)).distinct()
        environments = None if None in mine.values() else mine.values()
    streams = [feed.value_stream_id] if feed.value_stream_id else None
    return schedule.Reach.of_items(items, environments, streams)


def _release(release: Release) -> Event:
    event = _event(f"release-{release.key}", release)
    event.add("summary", f"{release.key} {release.subject.name} {release.release_version}")
    event.add("dtstart", release.planned_start.astimezone(UTC))
    event.add("dtend", release.planned_end.astimezone(UTC))
    event.add("status", _status_of(release))
    event.add("transp", "TRANSPARENT")
    told = [release.title, f"Status: {release.get_status_display()}"]
    if release.release_manager:
        told.append(f"Release manager: {release.release_manager}")
    event.add("description", "\n".join(told))
    if release.environment:
        event.add("location", release.environment.name)
    event.add("categories", ["Release"])
    event.add("url", f"{settings.TIDEGATE_BASE_URL}/admin/releases/release/{release.pk}/change/")
    return event


def _status_of(release: Release) -> str:
    if release.status == Status.CANCELLED:
        return "CANCELLED"
    return "TENTATIVE" if release.status in PLANNED else "CONFIRMED"


def _span(row: Timed, at: datetime) -> Event:
    kind = row._meta.model_name
    event = _event(f"{kind}-{row.key}", row)
    event.add("summary", f"{'Window' if kind == 'window' else 'Freeze'}: {row.name}")
    zone = ZoneInfo(row.time_zone) if row.rrule else UTC
    event.add("dtstart", row.starts_at.astimezone(zone))
    event.add("dtend", row.ends_at.astimezone(zone))
    if row.rrule:
        event.add("rrule", vRecur.from_ical(row.recurrence.rule_beside_zone()))
        for moment in row.recurrence.exclusions():
            event.add("exdate", moment)
    lifted = getattr(row, "lifted_at", None)
    event.add("status", "CANCELLED" if lifted is not None and lifted <= at else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    if row.description:
        event.add("description", row.description)
    event.add("categories", [kind.capitalize()])
    return event


def _event(name: str, row: Release | Timed) -> Event:
    """What makes a calendar program find an event again and see that it changed."""
    event = Event()
    event.add("uid", f"{name}@tidegate")
    event.add("sequence", row.version - 1)
    event.add("dtstamp", row.updated_at.astimezone(UTC).replace(microsecond=0))
    event.add("last-modified", row.updated_at.astimezone(UTC).replace(microsecond=0))
    return event
