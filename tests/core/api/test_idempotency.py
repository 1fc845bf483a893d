"""Idempotency-Key: a repeat gives the first answer again and has no second effect."""

from __future__ import annotations

import pytest

from apps.accounts.models import Team
from apps.core.models import AuditEntry, IdempotencyRecord, OutboxEvent

from .conftest import Caller, person, problem

NEW = {"slug": "billing", "name": "Billing"}


def test_a_repeat_gets_the_same_answer_without_a_second_effect(ada: Caller) -> None:
    first = ada.post("teams/", NEW, Idempotency_Key="k-1")
    again = ada.post("teams/", NEW, Idempotency_Key="k-1")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    for name in ("ETag", "Location", "Content-Type"):
        assert first[name] == again[name]
    assert "Idempotent-Replayed" not in first and again["Idempotent-Replayed"] == "true"
    assert first["X-Request-ID"] != again["X-Request-ID"]
    assert AuditEntry.objects.filter(event="accounts.team.create").count() == 1
    assert OutboxEvent.objects.filter(name="accounts.team.create").count() == 1


def test_a_repeat_is_told_what_was_even_when_it_is_gone(ada: Caller) -> None:
    ada.post("teams/", NEW, Idempotency_Key="k-1")
    assert ada.delete("teams/billing/", Idempotency_Key="k-2").status_code == 204
    assert ada.delete("teams/billing/", Idempotency_Key="k-2").status_code == 204
    assert ada.post("teams/", NEW, Idempotency_Key="k-1").status_code == 201
    assert not Team.objects.exists()


def test_the_key_with_another_body_is_refused(ada: Caller) -> None:
    ada.post("teams/", NEW, Idempotency_Key="k-1")
    told = problem(ada.post("teams/", {**NEW, "slug": "other"}, Idempotency_Key="k-1"), 422)
    assert told["type"].endswith("idempotency-key-reused")
    assert Team.objects.count() == 1


def test_a_key_belongs_to_one_principal_method_and_path(ada: Caller) -> None:
    assert ada.post("teams/", NEW, Idempotency_Key="k").status_code == 201
    eve = Caller(person("eve", "administrator"))
    assert eve.post("teams/", {"slug": "other", "name": "O"}, Idempotency_Key="k").status_code == 201
    assert ada.patch("teams/billing/", {"name": "B"}, Idempotency_Key="k").status_code == 200
    assert ada.patch("teams/other/", {"name": "B"}, Idempotency_Key="k").status_code == 200
    assert ada.delete("teams/other/", Idempotency_Key="k").status_code == 204
    assert IdempotencyRecord.objects.count() == 5


def test_a_new_token_of_the_same_person_repeats_too(ada: Caller) -> None:
    ada.post("teams/", NEW, Idempotency_Key="k")
    assert Caller(ada.user).post("teams/", NEW, Idempotency_Key="k")["Idempotent-Replayed"] == "true"


def test_a_refusal_keeps_nothing_so_the_mended_write_may_use_the_key(ada: Caller) -> None:
    problem(ada.post("teams/", {"slug": "billing"}, Idempotency_Key="k"), 400)
    assert not IdempotencyRecord.objects.exists()
    assert ada.post("teams/", NEW, Idempotency_Key="k").status_code == 201


def test_a_fault_after_the_effect_takes_the_effect_back(ada: Caller, monkeypatch) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("apps.core.api.idempotency._keep", fail)
    problem(ada.post("teams/", NEW, Idempotency_Key="k"), 500)
    assert not Team.objects.exists()
    assert not IdempotencyRecord.objects.exists()
    assert not AuditEntry.objects.filter(event="accounts.team.create").exists()


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "ä"])
def test_an_unusable_key_is_refused(ada: Caller, key: str) -> None:
    problem(ada.post("teams/", NEW, Idempotency_Key=key.encode().decode("latin-1")), 400)
    assert not Team.objects.exists()


def test_the_longest_path_and_key_fit(ada: Caller) -> None:
    path = "teams/" + "x" * 2000 + "/"
    problem(ada.patch(path, {"name": "X"}, Idempotency_Key="k" * 255), 404)
