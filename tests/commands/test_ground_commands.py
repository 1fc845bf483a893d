"""What the commands of the ground say, and how they end."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.core import heartbeat, moves, readiness, seal
from apps.core.actor import job
from apps.core.clock import now
from apps.core.models import AuditEntry, Heartbeat, OutboxDelivery, OutboxEvent
from apps.core.outbox import CONSUMERS, Consumer
from tests.charts.models import Sluice

pytestmark = pytest.mark.django_db


@pytest.fixture
def said(capsys):
    """Run a command; give back its exit code and what it said."""

    def run(*words: str) -> tuple[int, str, str]:
        try:
            call_command(*words)
            code = 0
        except SystemExit as exit_:
            code = exit_.code
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def dead_letter(monkeypatch):
    """An event whose consumer failed once too often."""

    def fail(event):
        raise RuntimeError("the mill is closed")

    monkeypatch.setitem(CONSUMERS, "tests.mill", Consumer("tests.mill", ("charts.*",), fail, external=False))
    moves.create(Sluice(key="NORTH"), by=job())
    event = OutboxEvent.objects.get(name="charts.sluice.create")
    return OutboxDelivery.objects.create(
        event=event,
        consumer="tests.mill",
        available_at=now(),
        attempts=8,
        dead_at=now(),
        last_error="the mill is closed",
    )


def test_the_doctor_finds_a_missing_worker_and_says_what_to_do(said):
    code, out, _ = said("doctor")
    assert code == 1
    assert "NOT  worker" in out
    assert "never seen" in out
    assert "Start manage.py worker" in out


def test_the_doctor_is_content_when_all_is_well(said):
    heartbeat.note(heartbeat.WORKER)
    code, out, _ = said("doctor", "--json")
    findings = {one["part"]: one for one in json.loads(out)}
    assert code == 0, findings
    assert set(findings) == {part.__name__ for part in readiness.ALL} - {"configuration"} | {"settings"}


def test_a_worker_that_fell_silent_is_not_alive():
    Heartbeat.objects.create(name=heartbeat.WORKER, at=now() - timedelta(minutes=2))
    assert not readiness.worker().ok
    heartbeat.note(heartbeat.WORKER)
    assert readiness.worker().ok


def test_a_part_that_cannot_answer_is_a_finding_not_an_error(monkeypatch):
    def broker():
        raise ConnectionError("refused")

    [finding] = readiness.ask((broker,))
    assert (finding.part, finding.ok) == ("broker", False)
    assert "refused" in finding.said
    assert "BROKER_URL" in finding.remedy


def test_the_outbox_shows_its_dead_letters_and_sends_them_again(said, dead_letter):
    _, out, _ = said("outbox")
    assert "Dead letters: 1." in out
    assert "the mill is closed" in out
    code, out, _ = said("outbox", "--retry", "--json")
    assert code == 0
    assert json.loads(out)["retried"] == 1
    dead_letter.refresh_from_db()
    assert (dead_letter.dead_at, dead_letter.attempts) == (None, 0)


def test_only_the_named_letters_are_retried(said, dead_letter):
    _, out, _ = said("outbox", "--retry", str(dead_letter.pk + 1))
    assert "0 dead letters" in out
    dead_letter.refresh_from_db()
    assert dead_letter.dead_at


def test_a_whole_trail_is_proved(said):
    moves.create(Sluice(key="NORTH"), by=job())
    code, out, _ = said("verify_audit", "--seal")
    assert code == 0
    assert "whole: 1 entries under 1 seals" in out


def test_a_changed_trail_names_the_entry_and_ends_with_one(said):
    moves.create(Sluice(key="NORTH"), by=job())
    seal.seal_entries()
    entry = AuditEntry.objects.get()
    with connection.cursor() as cursor:  # what an intruder with the database's password would do
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        else:
            cursor.execute("DROP TRIGGER core_auditentry_no_update")
        cursor.execute("UPDATE core_auditentry SET note = 'nothing to see' WHERE id = %s", [entry.pk])
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    code, _, err = said("verify_audit")
    assert code == 1
    assert f"Entry {entry.pk}" in err
    assert "was changed" in err


def test_the_chart_page_is_checked_against_the_code(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match="is not what the code says"):
        call_command("lifecycles", "--check")
    call_command("lifecycles")
    call_command("lifecycles", "--check")
    page = tmp_path / "docs" / "reference" / "lifecycles.md"
    page.write_text(page.read_text() + "\nA wish.\n")
    with pytest.raises(CommandError):
        call_command("lifecycles", "--check")
