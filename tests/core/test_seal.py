"""The audit trail: append-only in the database, and evident when somebody gets past that."""

import pytest
from django.db import DatabaseError, connection, transaction

from apps.core import moves, seal
from apps.core.actor import job
from apps.core.append_only import triggers, untriggers
from apps.core.models import AuditEntry
from tests.charts.models import Sluice

pytestmark = pytest.mark.django_db
TABLES = ("core_auditentry", "core_auditseal", "core_auditleaf")


@pytest.fixture
def trail():
    for number in range(25):
        moves.create(Sluice(key=f"S{number}"), by=job())
    assert seal.seal_entries(batch=10) == 25
    return list(AuditEntry.objects.order_by("id").values_list("pk", flat=True))


@pytest.fixture
def without_triggers():
    """Somebody with the database's own rights."""
    for table in TABLES:
        run(untriggers(connection.vendor, table))
    yield
    for table in TABLES:
        run(triggers(connection.vendor, table))


def run(statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_a_whole_trail_verifies(trail):
    verdict = seal.verify()
    assert (verdict.whole, verdict.entries, verdict.seals, verdict.unsealed) == (True, 25, 3, 0)
    moves.create(Sluice(key="LAST"), by=job())
    assert seal.verify().unsealed == 1
    assert seal.seal_entries() == 1
    assert seal.verify().head != verdict.head


def test_the_sealer_may_work_while_the_trail_is_verified(trail, monkeypatch):
    judge = seal._fault

    def judge_while_others_seal(judged, expected, previous):
        moves.create(Sluice(key=f"LATE{expected}"), by=job())
        seal.seal_entries()
        return judge(judged, expected, previous)

    monkeypatch.setattr(seal, "_fault", judge_while_others_seal)
    verdict = seal.verify()
    assert (verdict.whole, verdict.broken) == (True, "")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}"])
def test_the_database_refuses_change_and_removal(trail, table, statement):
    column = "note" if table == "core_auditentry" else "digest"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run([statement.format(table=table, column=column)])


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        ("UPDATE core_auditentry SET note = 'x' WHERE id = {middle}", "Entry {middle}, sealed in 2, was changed."),
        ("DELETE FROM core_auditentry WHERE id = {middle}", "Entry {middle}, sealed in 2, is missing."),
        ("DELETE FROM core_auditleaf WHERE entry_id = {middle}", "Seal 2 does not match"),
        ("DELETE FROM core_auditseal WHERE number = 2", "Seal 2 is missing."),
        ("DELETE FROM core_auditseal WHERE number = 3", "Entry {late} has a leaf in seal 3, which is missing."),
        ("UPDATE core_auditseal SET root = 'f' WHERE number = 3", "Seal 3 does not match"),
        ("UPDATE core_auditseal SET digest = 'f' WHERE number = 1", "Seal 1 was changed."),
    ],
)
def test_tampering_is_found_and_named(trail, without_triggers, tampering, said):
    run([tampering.format(middle=trail[14])])
    verdict = seal.verify()
    assert not verdict.whole
    assert verdict.broken.startswith(said.format(middle=trail[14], late=trail[20]))
