"""Imports beside each other on PostgreSQL: taken up once, one of a source, a rehearsal that others see and call off."""

from __future__ import annotations

import pytest

from apps.cmdb import actions
from apps.cmdb.actions import import_carry
from apps.cmdb.models import ConfigurationItem, ImportProgress, ImportRun
from tests.cmdb.test_background_imports import MANY, before_batch
from tests.people import SYSTEM
from tests.services.test_relays import in_threads

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def accept(**options: object) -> ImportRun:
    return actions.accept_import(source="test", format="backstage", content=MANY.encode(), by=SYSTEM, **options)


def test_a_message_that_four_workers_have_is_taken_up_by_one() -> None:
    run, done = accept(), []
    in_threads(4, lambda: done.append(actions.carry_out_import(run_id=run.pk)))
    assert [one.status for one in done if one] == ["finished"]
    assert ConfigurationItem.objects.count() == 7
    assert run.lines.count() == 7


def test_of_four_runs_of_a_source_each_has_its_turn() -> None:
    runs = [accept() for _ in range(4)]
    waiting = [run.pk for run in runs]
    for _ in runs:
        in_threads(4, lambda: [actions.carry_out_import(run_id=pk) for pk in waiting])
    assert sorted(ImportRun.objects.values_list("status", "created", "unchanged")) == [
        ("finished", 0, 7),
        ("finished", 0, 7),
        ("finished", 0, 7),
        ("finished", 7, 0),
    ]


def test_a_rehearsal_is_seen_from_beside_and_called_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_carry, "BATCH", 2)
    run, seen = accept(dry_run=True), []

    def beside() -> None:
        seen.append(ImportProgress.objects.get(run=run).done)
        actions.call_off_import(run=run, by=SYSTEM)

    before_batch(monkeypatch, 3, lambda: in_threads(1, beside))

    assert actions.carry_out_import(run_id=run.pk) is None

    run.refresh_from_db()
    assert (seen, run.status) == ([4], "called_off")
    assert not ConfigurationItem.objects.exists()
    assert not run.lines.exists()
