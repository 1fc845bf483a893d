"""Questions about imports that are under way."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef

from apps.cmdb.lifecycle import CARRIED_OUT, ImportStatus
from apps.cmdb.models import ImportRun


def next_in_turn() -> list[int]:
    """Of each source that has none at work the run that waits longest."""
    of_source = ImportRun.objects.filter(source=OuterRef("source"))
    waiting = ImportRun.objects.filter(status=ImportStatus.WAITING)
    first = waiting.exclude(Exists(of_source.filter(status__in=CARRIED_OUT)))
    first = first.exclude(Exists(of_source.filter(status=ImportStatus.WAITING, pk__lt=OuterRef("pk"))))
    return list(first.order_by("pk").values_list("pk", flat=True))


def left_alone(at: datetime) -> list[ImportRun]:
    """Runs that somebody carried out who has not been heard of in time."""
    rows = ImportRun.objects.filter(status__in=CARRIED_OUT, progress__alive_until__lt=at)
    return list(rows.select_related("progress").order_by("pk"))
