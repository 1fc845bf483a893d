"""The audit trail and the dead letters through the API."""

from __future__ import annotations

import pytest
from django.db import connection

from apps.accounts.models import Team
from apps.core import seal
from apps.core.append_only import triggers, untriggers
from apps.core.clock import now
from apps.core.models import AuditEntry, OutboxDelivery, OutboxEvent

from .conftest import Caller, person, problem


def test_an_auditor_reads_what_was_done(olu: Caller, payments: Team) -> None:
    rows = olu.get("audit/?subject=payments").json()["results"]
    assert [row["event"] for row in rows] == ["accounts.team.create"]
    row = rows[0]
    assert (row["door"], row["actor"], row["subject_type"]) == ("command", "test", "accounts.team")
    assert row["changes"]["slug"] == [None, "payments"]
    assert olu.get(f"audit/{row['id']}/").json() == row


def test_the_newest_comes_first(olu: Caller, payments: Team) -> None:
    ids = [row["id"] for row in olu.get("audit/").json()["results"]]
    assert ids == sorted(ids, reverse=True) and len(ids) == AuditEntry.objects.count()


def test_nobody_writes_the_trail(ada: Caller, payments: Team) -> None:
    entry = AuditEntry.objects.first()
    for method in ("post", "patch", "delete"):
        path = "audit/" if method == "post" else f"audit/{entry.pk}/"
        problem(ada(method, path, {} if method != "delete" else None), 405)


def test_the_proof(olu: Caller, payments: Team) -> None:
    told = olu.post("audit/verify/").json()
    assert told["whole"] is True and told["seals"] == 0 and told["unsealed"] == AuditEntry.objects.count()
    seal.seal_entries()
    told = olu.post("audit/verify/").json()
    assert told["whole"] is True and told["unsealed"] == 0 and len(told["head"]) == 64


@pytest.mark.django_db
def test_a_changed_entry_is_found(olu: Caller, payments: Team) -> None:
    seal.seal_entries()
    with connection.cursor() as cursor:
        for statement in untriggers(connection.vendor, "core_auditentry"):
            cursor.execute(statement)
        cursor.execute("UPDATE core_auditentry SET actor_name = 'mallory' WHERE subject_key = 'payments'")
        for statement in triggers(connection.vendor, "core_auditentry"):
            cursor.execute(statement)
    told = olu.post("audit/verify/")
    assert told.status_code == 200
    assert told.json()["whole"] is False and "was changed" in told.json()["broken"]


def test_a_reading_token_may_ask_for_the_proof(db: None) -> None:
    assert Caller(person("olu", "auditor"), ["read"]).post("audit/verify/").status_code == 200


def test_others_may_not(ravi: Caller) -> None:
    problem(ravi.post("audit/verify/"), 403)


@pytest.fixture
def letter(db: None) -> OutboxDelivery:
    event = OutboxEvent.objects.create(name="a.b.c", subject_id="1", subject_key="REL-1", available_at=now())
    return OutboxDelivery.objects.create(
        event=event, consumer="mail", attempts=8, available_at=now(), dead_at=now(), last_error="no route"
    )


def test_dead_letters_are_listed_and_sent_again(ada: Caller, letter: OutboxDelivery) -> None:
    row = ada.get("dead-letters/?consumer=mail").json()["results"][0]
    assert (row["event"], row["subject"], row["last_error"]) == ("a.b.c", "REL-1", "no route")
    retried = ada.post(f"dead-letters/{letter.pk}/retry/")
    assert retried.status_code == 200 and retried.json()["dead_at"] is None
    assert ada.get("dead-letters/").json()["results"] == []
    problem(ada.post(f"dead-letters/{letter.pk}/retry/"), 404)
    assert AuditEntry.objects.filter(event="core.outboxdelivery.retry", actor_name="ada").count() == 1


def test_dead_letters_are_for_administrators(olu: Caller, letter: OutboxDelivery) -> None:
    problem(olu.get("dead-letters/"), 403)
    problem(olu.post(f"dead-letters/{letter.pk}/retry/"), 403)
