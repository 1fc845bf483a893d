"""Approvals through the API and the admin: what waits for me, delegations, and rounds to look at."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from apps.approvals.models import Answer, Delegation, Round
from apps.core.clock import now
from apps.core.models import AuditEntry
from tests.approvals.rounds import group, open_round, say
from tests.approvals.test_delegations import lend
from tests.core.api.conftest import Caller, problem
from tests.people import person

pytestmark = pytest.mark.django_db


def api(name: str, *scopes: str) -> Caller:
    return Caller(person(name), scopes or ("*",))


def at_desk(name: str) -> Client:
    client = Client()
    client.force_login(person(name))
    return client


def keys(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["round"] for row in answer.json()["results"]]


def test_what_waits_for_me_is_mine_alone():
    asked = open_round(group("Authority", "adam", "anna", mode="n", n=2))
    assert keys(api("adam").get("my-approvals/")) == [asked.key]
    assert keys(api("rosa").get("my-approvals/")) == keys(api("audrey").get("my-approvals/")) == []
    problem(api("rosa").get(f"my-approvals/{asked.key}/"), 404)
    say(asked, "adam")
    assert keys(api("adam").get("my-approvals/")) == []
    row = api("anna").get(f"my-approvals/{asked.key}/").json()
    assert (row["digest"], row["group"], row["on_behalf_of"], row["requester"]) == (
        asked.digest,
        "Authority",
        None,
        "rosa",
    )


def test_what_waits_for_me_on_behalf_of_somebody_says_so():
    lend("adam", "carl")
    open_round(group("Authority", "adam"))
    (row,) = api("carl").get("my-approvals/").json()["results"]
    assert row["on_behalf_of"] == "adam"


def test_the_list_of_what_waits_keeps_its_budget(query_budget):
    for number in range(5):
        open_round(key=f"REL-2026-{number:04d}-A1")
    adam = api("adam")
    with query_budget("api.my_approvals.list"):
        assert len(keys(adam.get("my-approvals/"))) == 5


def delegation(taker: str, days: float = 7) -> dict:
    person(taker)
    start = now()
    return {
        "taker": taker,
        "from_at": start.isoformat(),
        "until_at": (start + timedelta(days=days)).isoformat(),
        "reason": "Holiday",
    }


def test_a_delegation_over_the_api_is_ones_own():
    made = api("adam").post("delegations/", delegation("carl"))
    assert made.status_code == 201
    assert (made.json()["giver"], made.json()["taker"]) == ("adam", "carl")
    path = f"delegations/{made.json()['key']}/"
    for name, status in (("carl", 200), ("audrey", 200), ("rosa", 200), ("anna", 404), ("ida", 404)):
        assert api(name).get(path).status_code == status
    problem(api("rosa").delete(path), 403)
    assert api("adam").delete(path).status_code == 204
    assert Delegation.objects.get().ended_at is not None, "it stays on record"
    problem(api("adam").delete(path), 409)


@pytest.mark.parametrize("name", ["audrey", "ida", "ivan"])
def test_who_has_no_voice_lends_none(name):
    """An auditor, a tool, and an administrator who is nothing else."""
    told = problem(api(name).post("delegations/", delegation("carl")), 403)
    assert "Only somebody who has a voice" in told["detail"]
    if name != "ida":
        answer = at_desk(name).post("/admin/approvals/delegation/add/", in_admin("carl"))
        assert answer.status_code in (200, 403), "refused with a sentence, or not let in at all"
    assert not Delegation.objects.exists()


@pytest.mark.parametrize("name", ["rosa", "anna", "carl", "sven", "audrey", "ida"])
def test_nobody_lends_the_voice_of_another(name):
    person("adam")
    problem(api(name).post("delegations/", {**delegation("carl"), "giver": "adam"}), 403)
    if name not in ("audrey", "ida"):
        answer = at_desk(name).post(
            "/admin/approvals/delegation/add/", {**in_admin("anna"), "giver": person("adam").pk}
        )
        assert answer.status_code in (302, 400), "lent in their own name, or refused"
    assert not Delegation.objects.filter(giver=person("adam")).exists()


def test_an_administrator_enters_it_for_somebody_who_cannot():
    person("adam")
    made = api("ivan").post("delegations/", {**delegation("carl"), "giver": "adam", "reason": "In hospital."})
    assert (made.status_code, made.json()["giver"], made.json()["taker"]) == (201, "adam", "carl")
    noted = AuditEntry.objects.get(event="approvals.delegation.create")
    assert (noted.actor.username, noted.subject_key) == ("ivan", made.json()["key"])
    assert api("ivan").delete(f"delegations/{made.json()['key']}/").status_code == 204
    body = {**in_admin("carl"), "giver": person("adam").pk}
    assert at_desk("ivan").post("/admin/approvals/delegation/add/", body).status_code == 302
    assert Delegation.objects.filter(giver=person("adam")).count() == 2


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [({"taker": "ivan"}, "/taker"), ({"reason": " "}, "/reason"), ({"giver": "audrey"}, "/giver")],
)
def test_an_administrator_lends_nothing_without_reason_or_to_themselves(changed, pointer):
    person("adam"), person("audrey")
    told = problem(api("ivan").post("delegations/", {**delegation("carl"), "giver": "adam", **changed}), 400)
    assert pointer in [one["pointer"] for one in told["errors"]]
    assert not Delegation.objects.exists()


@pytest.mark.parametrize("taker", ["adam", "audrey", "ida"])
def test_an_unfit_taker_is_refused_at_its_field(taker):
    told = problem(api("adam").post("delegations/", delegation(taker)), 400)
    assert told["errors"][0]["pointer"] == "/taker"
    assert not Delegation.objects.exists()


def test_a_delegation_that_ends_before_it_starts_is_refused():
    told = problem(api("adam").post("delegations/", delegation("carl", days=-1)), 400)
    assert [(one["pointer"], one["code"]) for one in told["errors"]] == [("/until_at", "before_start")]


def test_delegations_are_found_by_giver_taker_and_moment():
    lend("adam", "carl")
    lend("anna", "carl", starts=timedelta(days=30))
    audrey = api("audrey")

    def givers(query: str) -> list[str]:
        return [row["giver"] for row in audrey.get(f"delegations/?{query}").json()["results"]]

    assert givers("giver=anna") == ["anna"]
    assert set(givers("taker=carl")) == {"adam", "anna"}
    assert givers(f"at={now() + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}") == ["adam"]


def test_a_token_that_only_reads_lends_no_voice():
    told = problem(api("adam", "read").post("delegations/", delegation("carl")), 403)
    assert "approvals:write" in told["detail"]
    assert not Delegation.objects.exists()


def test_a_round_is_read_in_the_admin_and_changed_by_nobody():
    asked = open_round(group("Authority", "adam", "anna", mode="n", n=2))
    say(asked, "adam", "request_changes", "Name the window.")
    for name in ("audrey", "rosa", "ivan"):
        client = at_desk(name)
        shown = client.get(f"/admin/approvals/round/{asked.pk}/change/", {"tab": "answers"}).content.decode()
        assert "Name the window." in shown
        assert "“Authority” needs 2 more (0 of 2)" in shown
        form = client.get(f"/admin/approvals/round/{asked.pk}/change/", {"tab": "form"}).content.decode()
        assert "<textarea" not in form
        assert client.post("/admin/approvals/round/add/", {}).status_code == 403
        assert client.post(f"/admin/approvals/round/{asked.pk}/delete/", {"post": "yes"}).status_code == 403
        for step in ("approve", "reject", "cancel", "expire"):
            assert client.post(f"/admin/approvals/round/{asked.pk}/step/{step}/", {"note": "x"}).status_code == 404
    assert Round.objects.get().status == "pending"
    assert Answer.objects.count() == 1


def in_admin(taker: str) -> dict[str, str | int]:
    start = now()
    end = start + timedelta(days=7)
    return {
        "taker": person(taker).pk,
        "from_at_0": f"{start:%Y-%m-%d}",
        "from_at_1": f"{start:%H:%M:%S}",
        "until_at_0": f"{end:%Y-%m-%d}",
        "until_at_1": f"{end:%H:%M:%S}",
        "reason": "Holiday",
    }


def test_a_delegation_is_given_and_ended_in_the_admin():
    adam = at_desk("adam")
    assert adam.post("/admin/approvals/delegation/add/", in_admin("carl")).status_code == 302
    lent = Delegation.objects.get()
    assert (lent.giver.username, lent.taker.username) == ("adam", "carl")
    body = {"action": "end_now", "_selected_action": [lent.pk]}
    assert at_desk("rosa").post("/admin/approvals/delegation/", body).status_code == 302
    assert Delegation.objects.get().ended_at is None, "it is not hers to end"
    adam.post("/admin/approvals/delegation/", body)
    assert Delegation.objects.get().ended_at is not None


def test_an_unfit_taker_is_told_at_the_field_in_the_admin():
    answer = at_desk("adam").post("/admin/approvals/delegation/add/", in_admin("audrey"))
    assert "cannot stand in" in answer.content.decode()
    assert not Delegation.objects.exists()


def test_others_do_not_see_it_in_the_admin():
    lent = lend("adam", "carl")
    assert "DEL-" in at_desk("carl").get("/admin/approvals/delegation/").content.decode()
    assert lent.key not in at_desk("anna").get("/admin/approvals/delegation/").content.decode()


def test_the_admin_lists_keep_their_budgets(query_budget):
    for number in range(4):
        open_round(key=f"REL-2026-{number:04d}-A1")
    lend("adam", "carl")
    rosa = at_desk("rosa")
    rosa.get("/admin/")
    with query_budget("admin.approvals.round.rows"):
        assert rosa.get("/admin/approvals/round/").status_code == 200
    with query_budget("admin.approvals.delegation.rows"):
        assert rosa.get("/admin/approvals/delegation/").status_code == 200
    with query_budget("admin.approvals.round"):
        path = f"/admin/approvals/round/{Round.objects.first().pk}/change/"
        assert rosa.get(path, {"tab": "answers"}).status_code == 200
