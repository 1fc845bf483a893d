"""Proposed relationships: renewed by a job, decided by people, and told wherever the map is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.cmdb import actions
from apps.cmdb.models import ConfigurationItem, ProposedRelationship, Relationship, RelationshipType
from apps.cmdb.queries import FoundPair, health, impact
from apps.cmdb.queries.proposals import in_words
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.core.models import AuditEntry
from tests.core.api.conftest import Caller, problem
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db
LIST = "/admin/cmdb/proposedrelationship/"


def together(leader: str, follower: str, cases: int = 7) -> dict[str, Any]:
    return {
        "kind": "released_together",
        "leader": leader,
        "follower": follower,
        "together": cases,
        "releases": cases + 1,
        "without": 8,
        "others": 160,
        "times": 5.5,
    }


@pytest.fixture
def found(item: Callable[..., ConfigurationItem]) -> Callable[..., FoundPair]:
    def make(source: str, target: str, cases: int = 7) -> FoundPair:
        return FoundPair(item(source).pk, item(target).pk, [together(source, target, cases)], 5.5, cases)

    return make


def renew(*found: FoundPair) -> list[str]:
    """What is proposed afterwards."""
    actions.renew_proposals(found=found, at=now(), by=SYSTEM)
    return [str(one) for one in ProposedRelationship.objects.filter(status="proposed").order_by("pk")]


def only() -> ProposedRelationship:
    return ProposedRelationship.objects.get()


def test_what_is_found_again_is_the_same_proposal_with_newer_figures(found: Callable) -> None:
    assert renew(found("shop", "tax")) == ["shop – tax"]
    assert renew(found("tax", "shop", 9)) == ["shop – tax"], "the same pair, whichever way round"
    assert (only().support, only().evidence[0]["together"]) == (9, 9)
    written = AuditEntry.objects.count()
    renew(found("tax", "shop", 9))
    assert AuditEntry.objects.count() == written, "nothing new, nothing written"


def test_what_is_no_longer_found_lapses_and_comes_back(found: Callable) -> None:
    renew(found("shop", "tax"))
    assert renew() == []
    assert only().status == "lapsed"
    assert renew(found("shop", "tax")) == ["shop – tax"]


def test_accepting_puts_it_on_the_map_with_the_evidence(found: Callable) -> None:
    renew(found("shop", "tax"))
    done = actions.accept_proposal(proposal=only(), by=acting("sven"), note="They share a table.")
    edge = Relationship.objects.get()
    assert (done.status, done.relationship, str(edge)) == ("accepted", edge, "shop depends on tax")
    assert (edge.origin, edge.last_confirmed_at is not None) == ("proposed", True)
    note = AuditEntry.objects.get(event="cmdb.relationship.create").note
    assert note.startswith("tax went out with 7 of 8 releases of shop, and with 1 in 20 other releases")
    assert note.endswith("They share a table.")
    actions.remove_relationship(relationship=edge, by=acting("sven"))
    assert renew(found("shop", "tax", 100)) == [], "whoever removed it since has looked"


def test_it_can_be_accepted_the_other_way_round_as_another_type(found: Callable) -> None:
    renew(found("shop", "tax"))
    kind = RelationshipType.objects.get(slug="part-of")
    actions.accept_proposal(proposal=only(), type=kind, is_turned=True, by=acting("sven"))
    assert str(Relationship.objects.get()) == "tax part of shop"


def test_what_was_dismissed_comes_back_only_with_twice_the_evidence(found: Callable) -> None:
    renew(found("shop", "tax", 7))
    actions.dismiss_proposal(proposal=only(), note="One calendar, two things.", by=acting("sven"))
    assert renew(found("shop", "tax", 13)) == []
    assert renew() == []
    assert only().status == "dismissed"
    assert renew(found("shop", "tax", 14)) == ["shop – tax"]
    with pytest.raises(Invalid):
        actions.dismiss_proposal(proposal=only(), by=acting("sven"))


def test_it_is_decided_once_and_by_those_who_edit_the_map(found: Callable) -> None:
    renew(found("shop", "tax"))
    with pytest.raises(NotPermitted):
        actions.accept_proposal(proposal=only(), by=acting("carl"))
    actions.dismiss_proposal(proposal=only(), note="No.", by=acting("rosa"))
    with pytest.raises(NotNow):
        actions.accept_proposal(proposal=only(), by=acting("sven"))
    assert not Relationship.objects.exists()


def test_a_relationship_made_meanwhile_is_told_in_words(found: Callable, tie: Callable) -> None:
    renew(found("shop", "tax"))
    tie("shop", "depends-on", "tax")
    with pytest.raises(Invalid, match="related in this way already"):
        actions.accept_proposal(proposal=only(), by=acting("sven"))
    assert only().status == "proposed", "all or nothing"


def test_few_cases_are_said_to_be_few(found: Callable) -> None:
    renew(found("shop", "tax"))
    assert in_words(only())[0].endswith("These are few cases: look closely.")
    renew(found("shop", "tax", 40))
    assert "few cases" not in in_words(only())[0]


def test_every_answer_of_the_map_says_how_much_may_be_missing(found: Callable, tie: Callable) -> None:
    tie("shop", "depends-on", "payments")
    renew(found("shop", "tax"), found("elsewhere", "tax"))
    assert impact("payments").proposed == 1
    assert impact("tax").proposed == 2
    told = Caller(person("carl")).get("configuration-items/payments/impact/").json()
    assert told["confidence"]["proposed_relationships"] == 1
    desk = at_desk("rosa")
    payments = ConfigurationItem.objects.get(key="payments")
    page = desk.get(reverse("admin:cmdb_configurationitem_change", args=[payments.pk]) + "?tab=impact")
    assert "1 proposed relationship touches these items" in page.content.decode()
    assert health()["proposed"] == 3
    assert f"{LIST}?status__exact=proposed" in desk.get("/admin/health/").content.decode()


def test_the_api_lists_and_decides(found: Callable) -> None:
    renew(found("shop", "tax"), found("shop", "rates"))
    sven = Caller(person("sven"))
    rows = sven.get("proposed-relationships/?status=proposed&source=shop&target=tax").json()["results"]
    assert [one["said"][0].partition(",")[0] for one in rows] == ["tax went out with 7 of 8 releases of shop"]
    path = f"proposed-relationships/{rows[0]['key']}/transitions/"
    assert [step["name"] for step in sven.get(path).json()] == ["accept", "dismiss"]
    problem(Caller(person("carl")).post(path, {"name": "accept"}), 403)
    problem(sven.post(path, {"name": "dismiss"}), 400)
    done = sven.post(path, {"name": "accept", "type": "part-of", "direction": "turned", "comment": "Seen."})
    assert done.status_code == 200, done.content
    edge = Relationship.objects.get()
    assert (str(edge), done.json()["relationship"]) == ("tax part of shop", str(edge.uid))
    assert (done.json()["status"], done.json()["decided_by"], done.json()["reason"]) == ("accepted", "sven", "Seen.")
    problem(sven.post(path, {"name": "dismiss", "comment": "No."}), 409)


def at_desk(name: str) -> Client:
    client = Client()
    client.force_login(person(name))
    return client


def test_the_admin_list_has_both_buttons_and_both_deeds_for_many(found: Callable) -> None:
    renew(found("shop", "tax"), found("shop", "rates"), found("shop", "news"))
    first, *others = ProposedRelationship.objects.order_by("pk")
    sven = at_desk("sven")
    page = sven.get(LIST).content.decode()
    assert f"{LIST}{first.pk}/step/accept/" in page
    assert f"{LIST}{first.pk}/step/dismiss/" in page
    assert "tax went out with 7 of 8 releases of shop" in page
    asked = sven.get(f"{LIST}{first.pk}/step/accept/").content.decode()
    assert "shop → tax" in asked
    sven.post(f"{LIST}{first.pk}/step/accept/", {"type": "depends-on", "direction": "as_proposed", "note": ""})
    assert Relationship.objects.count() == 1

    chosen = {"_selected_action": [one.pk for one in others], "action": "bulk_dismiss", "bulk_confirmed": "yes"}
    assert sven.post(LIST, {**chosen, "note": ""}).status_code == 400
    sven.post(LIST, {**chosen, "note": "One team, one calendar."})
    assert ProposedRelationship.objects.filter(status="dismissed").count() == 2
    assert "One team, one calendar." in sven.get(LIST).content.decode()
    evidence = sven.get(f"{LIST}{first.pk}/change/").content.decode()
    assert "What speaks for it" in evidence


def test_many_are_accepted_at_once(found: Callable) -> None:
    renew(found("shop", "tax"), found("shop", "rates"))
    chosen = {"_selected_action": [one.pk for one in ProposedRelationship.objects.all()], "action": "bulk_accept"}
    at_desk("sven").post(LIST, {**chosen, "bulk_confirmed": "yes", "note": "Looked at both."})
    assert sorted(map(str, Relationship.objects.all())) == ["shop depends on rates", "shop depends on tax"]
