"""Teams and their members through the API: the kit on its first resource."""

from __future__ import annotations

from apps.accounts.models import Membership, Team
from apps.core.models import AuditEntry

from .conftest import Caller, person, problem


def test_the_life_of_a_team(ada: Caller) -> None:
    made = ada.post("teams/", {"slug": "ops", "name": "Operations"})
    assert made.status_code == 201
    assert made["Location"] == "/api/v1/teams/ops/"
    assert ada.get(made["Location"]).json() == made.json()
    assert made.json()["version"] == 1 and made.json()["description"] == ""
    changed = ada.patch("teams/ops/", {"description": "Runs it."})
    assert changed.json() | {"updated_at": ""} == made.json() | {
        "description": "Runs it.",
        "version": 2,
        "updated_at": "",
    }
    assert ada.delete("teams/ops/").status_code == 204
    assert problem(ada.get("teams/ops/"), 404)
    verbs = [entry.event.rpartition(".")[2] for entry in AuditEntry.objects.filter(subject_key="ops").order_by("id")]
    assert verbs == ["create", "change", "remove"]


def test_a_team_is_renamed_with_its_key(ada: Caller, payments: Team) -> None:
    assert ada.patch("teams/payments/", {"slug": "pay"}).json()["slug"] == "pay"
    assert ada.get("teams/pay/").status_code == 200
    assert ada.patch("teams/pay/", {"slug": "pay"}).status_code == 200


def test_a_change_that_changes_nothing_leaves_no_trace(ada: Caller, payments: Team) -> None:
    assert ada.patch("teams/payments/", {"name": "Payments"}).json()["version"] == 1
    assert ada.patch("teams/payments/", {}).json()["version"] == 1
    assert AuditEntry.objects.filter(event="accounts.team.change").count() == 0


def test_read_only_members_may_be_sent_back_as_they_came(ada: Caller, payments: Team) -> None:
    shown = ada.get("teams/payments/").json()
    changed = ada.patch("teams/payments/", {**shown, "name": "P", "version": 99})
    assert (changed.json()["name"], changed.json()["version"]) == ("P", 2)


def test_members_are_parts_of_their_team(ada: Caller, payments: Team) -> None:
    person("mia")
    made = ada.post("teams/payments/members/", {"username": "mia", "is_lead": True})
    assert made.json() == {"username": "mia", "name": "", "is_lead": True, "version": 1}
    assert made["Location"] == "/api/v1/teams/payments/members/mia/"
    assert [row["username"] for row in ada.get("teams/payments/members/").json()["results"]] == ["mia"]
    assert ada.patch("teams/payments/members/mia/", {"is_lead": False}).json()["is_lead"] is False
    problem(ada.patch("teams/payments/members/mia/", {"username": "ada"}), 400)
    assert ada.delete("teams/payments/members/mia/").status_code == 204
    assert not Membership.objects.exists()


def test_a_part_is_not_found_under_another_parent(ada: Caller, payments: Team) -> None:
    person("mia")
    ada.post("teams/payments/members/", {"username": "mia"})
    ada.post("teams/", {"slug": "ops", "name": "Ops"})
    problem(ada.get("teams/ops/members/mia/"), 404)
    problem(ada.delete("teams/ops/members/mia/"), 404)
    assert Membership.objects.count() == 1


def test_a_stranger_cannot_be_a_member_and_nobody_is_one_twice(ada: Caller, payments: Team) -> None:
    told = problem(ada.post("teams/payments/members/", {"username": "nobody"}), 400)
    assert told["errors"][0]["pointer"] == "/username"
    person("mia")
    ada.post("teams/payments/members/", {"username": "mia"})
    problem(ada.post("teams/payments/members/", {"username": "mia"}), 400)
    assert Membership.objects.count() == 1


def test_only_administrators_change_teams(ravi: Caller, olu: Caller, payments: Team) -> None:
    for caller in (ravi, olu):
        assert caller.get("teams/payments/").status_code == 200
        problem(caller.post("teams/", {"slug": "x", "name": "X"}), 403)
        problem(caller.patch("teams/payments/", {"name": "X"}), 403)
        problem(caller.delete("teams/payments/"), 403)
        problem(caller.post("teams/payments/members/", {"username": "ravi"}), 403)
    payments.refresh_from_db()
    assert payments.version == 1


def test_head_is_a_get_without_a_body(ada: Caller, payments: Team) -> None:
    answer = ada("head", "teams/payments/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["ETag"] == ada.get("teams/payments/")["ETag"]
