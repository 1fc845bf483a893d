"""Imports in the background: a file is kept, waits for its turn, is carried out once, called off, found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError

from apps.accounts import actions as accounts
from apps.accounts.permissions import Role
from apps.cmdb import actions, tasks
from apps.cmdb.actions import import_carry, import_pulse, imports
from apps.cmdb.actions.spool import Spool
from apps.cmdb.lifecycle import ImportStatus
from apps.cmdb.models import ConfigurationItem, ImportPiece, ImportProgress, ImportRun, Relationship
from apps.cmdb.queries.imports import next_in_turn
from apps.core.actor import job
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid, NotNow, NotPermitted
from apps.core.models import AuditEntry
from tests.cmdb.conftest import figures
from tests.cmdb.test_reconciling import component, files
from tests.people import SYSTEM, acting

pytestmark = pytest.mark.django_db
MANY = files(*(component(f"c{n}", dependsOn=f"[component:c{n + 1}]") for n in range(6)), component("c6"))
SWEEP = job("import sweep")


@pytest.fixture
def accept(db: None) -> Callable[..., ImportRun]:
    """`accept(content)` keeps it as a Backstage catalog from the source “test”, to be imported in the background."""

    def run(content: str = MANY, source: str = "test", **options: object) -> ImportRun:
        by = options.pop("by", SYSTEM)
        return actions.accept_import(source=source, format="backstage", content=content.encode(), by=by, **options)

    return run


@pytest.fixture
def in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of two records, pieces of a hundred bytes: what happens between them can be seen."""
    monkeypatch.setattr(import_carry, "BATCH", 2)
    monkeypatch.setattr(imports, "PIECE", 100)


def before_batch(monkeypatch: pytest.MonkeyPatch, number: int, deed: Callable[[], object]) -> None:
    """Do something, once, just before the n-th batch of items is taken."""
    whole, deeds = Spool.item_batches, [deed]

    def item_batches(spool: Spool, size: int) -> Iterator[list]:
        for at, batch in enumerate(whole(spool, size), 1):
            if at == number and deeds:
                deeds.pop()()
            yield batch

    monkeypatch.setattr(Spool, "item_batches", item_batches)


def state(run: ImportRun) -> str:
    return ImportRun.objects.get(pk=run.pk).status


def test_a_file_is_kept_and_carried_out_once(accept, in_small_steps) -> None:
    run = accept(by=acting("rosa"))
    assert (run.status, run.size, run.pieces.count()) == ("waiting", len(MANY), -(-len(MANY) // 100))
    assert not ConfigurationItem.objects.exists()

    done = actions.carry_out_import(run_id=run.pk)

    assert (done.status, figures(done), done.records) == ("finished", {"created": 7}, 7)
    assert done.finished_at >= done.started_at
    assert Relationship.objects.count() == 6
    assert not ImportPiece.objects.exists()
    assert (done.progress.done, done.progress.total) == (14, 14)
    assert actions.carry_out_import(run_id=run.pk) is None
    told = AuditEntry.objects.filter(event__startswith="cmdb.importrun.", subject_id=str(run.pk)).order_by("id")
    steps = [one.event.rpartition(".")[2] for one in told]
    assert [one for one in steps if not one.endswith(("_items", "_relationships"))] == [
        "accept",
        "read",
        "write",
        "finish",
    ]
    assert {(one.actor_name, one.door) for one in told} == {("rosa", "admin"), ("rosa", "job")}


def test_a_dry_run_in_the_background_leaves_only_its_report(accept, in_small_steps) -> None:
    run = actions.carry_out_import(run_id=accept(dry_run=True).pk)
    assert (run.status, figures(run), run.lines.count()) == ("finished", {"created": 7}, 7)
    assert not ConfigurationItem.objects.exists()
    assert ImportRun.objects.count() == 1


def test_a_file_that_cannot_be_read_fails_with_the_place(accept) -> None:
    run = actions.carry_out_import(run_id=accept("a: [1\nb: 2").pk)
    assert run.status == "failed"
    assert "It is not YAML" in run.failure and "(line 2, column 2)" in run.failure
    assert not ImportPiece.objects.exists()


def test_what_is_wrong_with_the_asking_is_said_at_once(accept) -> None:
    with pytest.raises(Invalid, match="A source is named by"):
        accept(source="purl")
    with pytest.raises(Invalid, match="is not known"):
        actions.accept_import(source="test", format="word", content=b"x", by=SYSTEM)
    with pytest.raises(NotPermitted):
        accept(by=acting("carl"))
    assert not ImportRun.objects.exists()


def test_whoever_may_no_longer_import_is_refused_when_it_begins(accept) -> None:
    run = accept(by=acting("sven"))
    accounts.revoke_role(user=acting("sven").user, role=Role.SERVICE_OWNER, by=SYSTEM)
    assert actions.carry_out_import(run_id=run.pk).failure.startswith("Only release managers")
    assert not ConfigurationItem.objects.exists()


def test_of_a_source_one_is_carried_out_at_a_time(accept, take, monkeypatch, in_small_steps) -> None:
    first, second, other = accept(), accept(component("late")), accept(component("elsewhere"), source="other")
    assert next_in_turn() == [first.pk, other.pk]
    seen: list[object] = []

    def meanwhile() -> None:
        seen.append(next_in_turn())
        seen.append(actions.carry_out_import(run_id=second.pk))
        with pytest.raises(NotNow, match=f"Import {first.pk} of “test” is under way; this one has its turn when"):
            take(component("now"))

    before_batch(monkeypatch, 2, meanwhile)
    assert actions.carry_out_import(run_id=first.pk).status == "finished"
    assert seen == [[other.pk], None]
    assert state(second) == "waiting"
    assert next_in_turn() == [second.pk, other.pk]
    assert actions.carry_out_import(run_id=second.pk).created == 1


def test_called_off_it_stops_before_the_next_batch(accept, monkeypatch, in_small_steps) -> None:
    run = accept()
    before_batch(monkeypatch, 3, lambda: actions.call_off_import(run=run, by=acting("rosa"), note="The wrong file."))

    assert actions.carry_out_import(run_id=run.pk) is None

    run.refresh_from_db()
    assert (run.status, figures(run)) == ("called_off", {"created": 4})
    assert ConfigurationItem.objects.count() == 4  # two batches; the third finds that it should not begin
    assert run.lines.count() == 4
    assert not ImportPiece.objects.exists()
    with pytest.raises(NotNow, match="it is called off"):
        actions.call_off_import(run=run, by=acting("rosa"))


def test_called_off_while_it_waits_it_never_begins(accept) -> None:
    run = accept()
    with pytest.raises(NotPermitted):
        actions.call_off_import(run=run, by=acting("carl"))
    actions.call_off_import(run=run, by=acting("ida"))
    assert actions.carry_out_import(run_id=run.pk) is None
    assert state(run) == "called_off"


def test_an_import_at_once_that_is_called_off_says_so(take, monkeypatch, in_small_steps) -> None:
    before_batch(monkeypatch, 3, lambda: actions.call_off_import(run=ImportRun.objects.get(), by=SYSTEM))
    with pytest.raises(Conflict, match="called off meanwhile. What was written until then stays"):
        take(MANY)
    assert ImportRun.objects.get().status == "called_off"


class Killed(BaseException):
    """The worker is gone, without a word."""


def kill(run: ImportRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Carry it out by a worker that dies."""

    def die() -> None:
        raise Killed

    with monkeypatch.context() as patch:
        before_batch(patch, 3, die)
        with pytest.raises(Killed):
            actions.carry_out_import(run_id=run.pk)


def later(minutes: int = 4) -> object:
    return now() + timedelta(minutes=minutes)


def test_a_run_whose_worker_was_killed_is_begun_again_and_counts_what_was_written(
    accept, monkeypatch, in_small_steps
) -> None:
    run = accept()
    kill(run, monkeypatch)
    assert (state(run), ConfigurationItem.objects.count()) == ("writing", 4)
    assert actions.sweep_imports(by=SWEEP) == []  # heard of a moment ago
    assert state(run) == "writing"

    actions.sweep_imports(by=SWEEP, at=later())

    assert state(run) == "waiting"
    done = actions.carry_out_import(run_id=run.pk)
    assert (done.status, figures(done)) == ("finished", {"created": 7})
    assert done.lines.count() == 7
    assert done.relationships_created == Relationship.objects.count() == 6


def test_who_was_only_slow_finds_that_another_has_begun(accept, monkeypatch, in_small_steps) -> None:
    run = accept()

    def another() -> None:
        actions.sweep_imports(by=SWEEP, at=later())
        assert actions.carry_out_import(run_id=run.pk).status == "finished"

    before_batch(monkeypatch, 3, another)
    assert actions.carry_out_import(run_id=run.pk) is None
    assert state(run) == "finished"
    assert ConfigurationItem.objects.count() == 7


def test_a_run_that_kills_its_worker_each_time_fails_in_words(accept, monkeypatch, in_small_steps) -> None:
    run = accept()
    for _ in range(3):
        kill(run, monkeypatch)
        actions.sweep_imports(by=SWEEP, at=later())
    run.refresh_from_db()
    assert (run.status, figures(run)) == ("failed", {"created": 4})
    assert run.failure.startswith("It was begun 3 times, and each time its worker was gone")


def test_an_import_at_once_whose_process_was_killed_is_not_under_way_for_ever(
    take, monkeypatch, in_small_steps
) -> None:
    def die() -> None:
        raise Killed

    with monkeypatch.context() as patch:
        before_batch(patch, 3, die)
        with pytest.raises(Killed):
            take(MANY)
    run = ImportRun.objects.get()
    assert run.status == "writing"
    actions.sweep_imports(by=SWEEP, at=later())
    run.refresh_from_db()
    assert (run.status, run.failure[:33]) == ("failed", "Whoever imported it is gone. What")
    assert take(MANY).status == "finished"


def test_a_lost_message_is_sent_again(accept, drain, monkeypatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks.carry_out_import, "delay", sent.append)
    run = accept()
    drain()
    assert sent == [run.pk]
    tasks.sweep_imports()
    assert sent == [run.pk]  # it may still be on its way
    ImportProgress.objects.update(alive_until=now() - timedelta(seconds=1))
    tasks.sweep_imports()
    tasks.sweep_imports()
    assert sent == [run.pk, run.pk]


def test_the_end_of_one_sends_for_the_next(accept, drain, monkeypatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks.carry_out_import, "delay", sent.append)
    first, second = accept(), accept(component("late"))
    drain()
    tasks.carry_out_import(first.pk)
    drain()
    assert sent[-1] == second.pk


def test_what_the_database_refuses_is_begun_again_by_the_sweep(accept, monkeypatch) -> None:
    run = accept()

    def clash(*_: object) -> None:
        raise IntegrityError("UNIQUE constraint failed: cmdb_identifier.source, cmdb_identifier.external_id")

    monkeypatch.setattr(import_carry, "_take", clash)
    with pytest.raises(IntegrityError):
        actions.carry_out_import(run_id=run.pk)
    actions.sweep_imports(by=SWEEP, at=later())
    assert state(run) == "waiting"


def test_a_fault_of_our_own_fails_the_run_in_words(accept, monkeypatch) -> None:
    run = accept()

    def break_off(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(import_carry, "_take", break_off)
    assert actions.carry_out_import(run_id=run.pk).failure.startswith("It broke off: ZeroDivisionError.")
    assert state(run) == ImportStatus.FAILED


def test_it_does_not_go_on_for_ever(accept, monkeypatch) -> None:
    run = accept()
    monkeypatch.setattr(import_pulse, "LONGEST", timedelta(0))
    assert "which is the most" in actions.carry_out_import(run_id=run.pk).failure


def test_reading_tells_how_far_it_is(take, monkeypatch) -> None:
    monkeypatch.setattr("apps.cmdb.actions.spool.TOLD_EVERY", 2)
    said: list[tuple[str, int, int]] = []
    take(MANY, progress=lambda *words: said.append(words))
    assert ("reading", len(MANY), len(MANY)) in said
    assert said[-1] == ("writing", 14, 14)
