"""What is wrong: held or overdue releases, proof that failed, dead letters, open findings, suspected incidents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.compliance.models import Finding
from apps.core.display import page_of
from apps.core.models import OutboxDelivery
from apps.desk.queries.items import Block, Item, most_urgent_first
from apps.releases.lifecycle.words import BEFORE_RELEASING, ENDED, CheckStatus, IncidentLink, TaskStatus
from apps.releases.models import Check, Hold, Release, ReleaseIncident, Task
from apps.reviews.models import ReleaseReview

MOST = 25  # of each kind
NOT_PROVEN = (CheckStatus.FAILED, CheckStatus.ERROR, CheckStatus.INCONCLUSIVE, CheckStatus.EXPIRED)


def wrong(user: Any, at: datetime) -> Block:
    found = [
        *_held(),
        *_unproven(),
        *_overdue(at),
        *_failed_tasks(),
        *_late_reviews(at),
        *_suspected(),
        *_findings(at),
        *_dead_letters(),
    ]
    return Block.of(most_urgent_first(found, at))


def _held() -> Iterator[Item]:
    holds = Hold.objects.in_force().exclude(release__status__in=ENDED).select_related("release", "placed_by")
    for hold in holds.order_by("-placed_at")[:MOST]:
        said = _("%(who)s: %(why)s") % {"who": hold.placed_by or _("the system"), "why": hold.reason}
        yield Item(_("Held"), str(hold.release), page_of(hold.release), said, hold.placed_at, _("since"), "bad")


def _unproven() -> Iterator[Item]:
    """One line a release, however many of its checks failed."""
    failed = Check.objects.filter(required=True, status__in=NOT_PROVEN).exclude(release__status__in=ENDED)
    counted = dict(failed.values_list("release").annotate(count=Count("id")).order_by("-count")[:MOST])
    for release in Release.objects.filter(pk__in=counted):
        count = counted[release.pk]
        said = ngettext("%d required check is not proven", "%d required checks are not proven", count) % count
        yield Item(
            _("Checks"), str(release), page_of(release, "checks"), said, release.planned_start, _("starts"), "bad"
        )


def _overdue(at: datetime) -> Iterator[Item]:
    late = Release.objects.filter(status__in=BEFORE_RELEASING, planned_end__lt=at).order_by("planned_end")
    for release in late[:MOST]:
        yield Item(
            _("Overdue"),
            str(release),
            page_of(release),
            _("its window is over and it has not started"),
            release.planned_end,
            _("window ended"),
            "warn",
            release.get_status_display(),
        )


def _failed_tasks() -> Iterator[Item]:
    tasks = Task.objects.filter(status=TaskStatus.FAILED).exclude(release__status__in=ENDED)
    for task in tasks.select_related("release", "assignee").order_by("-updated_at")[:MOST]:
        who = task.assignee or task.role.replace("_", " ")
        yield Item(
            _("Task failed"), task.title, page_of(task.release, "plan"), f"{task.release.key}, {who}", tone="bad"
        )


def _late_reviews(at: datetime) -> Iterator[Item]:
    late = ReleaseReview.objects.overdue(timezone.localdate(at)).select_related("release", "reviewer")
    for review in late.order_by("due_on")[:MOST]:
        who = review.reviewer or _("nobody is named as reviewer")
        yield Item(_("Review overdue"), str(review.release), page_of(review), who, review.due_on, _("was due"), "warn")


def _suspected() -> Iterator[Item]:
    notes = ReleaseIncident.objects.filter(link=IncidentLink.SUSPECTED).select_related("release")
    for note in notes.order_by("severity", "-noted_at")[:MOST]:
        yield Item(
            _("Incident"),
            f"{note.incident_key} → {note.release.key}",
            page_of(note.release, "incidents"),
            _("severity %d; did this release cause it? Confirm or refute") % note.severity,
            note.noted_at,
            _("since"),
            "bad" if note.severity <= 2 else "warn",
        )


def _findings(at: datetime) -> Iterator[Item]:
    today = timezone.localdate(at)
    for finding in Finding.objects.open().select_related("release").order_by("severity", "due_on")[:MOST]:
        yield Item(
            _("Finding"),
            finding.title,
            page_of(finding),
            finding.release or finding.subject_key,
            finding.due_on,
            _("close by"),
            "bad" if finding.due_on < today else "warn",
            finding.get_severity_display(),
        )


def _dead_letters() -> Iterator[Item]:
    count = OutboxDelivery.objects.filter(dead_at__isnull=False, done_at__isnull=True).count()
    if count:
        said = ngettext("%d delivery was given up", "%d deliveries were given up", count) % count
        url = f"{reverse('admin:core_outboxdelivery_changelist')}?state=dead"
        yield Item(_("Outbox"), said, url, _("send them again when the cause is mended"), tone="bad")
