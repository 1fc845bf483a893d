"""Walk a chart cell by cell: from every status every step is tried, and what it leaves behind is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import models, transaction

from apps.core.errors import NotNow
from apps.core.lifecycle import steps_of
from apps.core.models import AuditEntry, OutboxEvent, label_of
from tests.people import person

Deed = Callable[[Any], Any]


class _Undo(Exception):
    """Ends a trial."""


@contextmanager
def trial() -> Iterator[None]:
    """What happens inside is undone, so that one record serves for every step."""
    try:
        with transaction.atomic():
            yield
            raise _Undo
    except _Undo:
        pass


def traces(record: models.Model, step: str) -> tuple[int, int]:
    """How many audit entries and events tell of this step of this record."""
    name = f"{label_of(record)}.{step}"
    about = {"subject_type": label_of(record), "subject_id": str(record.pk)}
    return AuditEntry.objects.filter(event=name, **about).count(), OutboxEvent.objects.filter(
        name=name, **about
    ).count()


def written() -> tuple[int, int]:
    return AuditEntry.objects.count(), OutboxEvent.objects.count()


def names_of_steps(model: type[models.Model]) -> set[str]:
    return {step.name for step in steps_of(model)}


def everybody() -> None:
    """The people of the deeds, made before anything is counted."""
    for name in ("rosa", "rolf", "adam", "anna", "carl"):
        person(name)


def status_now(record: models.Model) -> str:
    return type(record)._base_manager.values_list("status", flat=True).get(pk=record.pk)


def expect_taken(record: models.Model, step: str, deed: Deed, target: str) -> None:
    """The deed takes the step: the record is there, and one entry and one event say so."""
    before = traces(record, step)
    with trial():
        deed(record)
        assert status_now(record) == target, f"{step} led to {status_now(record)}"
        after = traces(record, step)
        assert (after[0] - before[0], after[1] - before[1]) == (1, 1), f"{step} left {after} traces after {before}"


def expect_refused(record: models.Model, step: str, deed: Deed) -> None:
    """The deed is refused for the state it is in, and nothing at all was written."""
    before, status = written(), status_now(record)
    with trial():
        with pytest.raises(NotNow) as refused:
            deed(record)
        assert "wrong_state" in {blocker.code for blocker in refused.value.blockers}
        assert status_now(record) == status
        assert written() == before
