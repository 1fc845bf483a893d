"""The health of the map: lists worked through, one by one or many at once, always by the same actions."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.test import Client

from apps.cmdb import actions
from apps.cmdb.models import ConfigurationItem, Identifier
from apps.cmdb.queries import HEALTH_LISTS, health
from apps.core.clock import now
from apps.core.models import AuditEntry
from tests.core.api.conftest import Caller, problem
from tests.factories import team
from tests.people import acting, person

pytestmark = pytest.mark.django_db
LIST = "/admin/cmdb/configurationitem/"
PAGE = "/admin/health/"


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(person(name))
    return client


def listed(slug: str) -> list[str]:
    found = next(one for one in HEALTH_LISTS if one.slug == slug)
    return sorted(found.items().values_list("key", flat=True))


def last_seen(ci: ConfigurationItem, days_ago: int, **fields: object) -> None:
    at = now() - timedelta(days=days_ago)
    Identifier.objects.bulk_create([Identifier(ci=ci, source="cmdb", external_id=ci.key, last_seen_at=at, **fields)])


@pytest.mark.drawn_by_hand
def test_a_persons_word_counts_like_a_sighting_until_it_is_old_or_missed_again(item, monkeypatch) -> None:
    old, gone = item("old"), item("gone")
    last_seen(old, 200)
    last_seen(gone, 20, missing_since=now() - timedelta(days=10))
    assert (listed("stale"), listed("missing")) == (["old"], ["gone"])
    for ci in (old, gone):
        actions.confirm_ci(ci=ci, by=acting("sven"), note="Seen in the rack.")
    assert (listed("stale"), listed("missing")) == ([], [])
    assert AuditEntry.objects.filter(event="cmdb.configurationitem.confirm").count() == 2
    later = now() + timedelta(days=190)
    monkeypatch.setattr(import_module("apps.cmdb.queries.health"), "now", lambda: later)
    Identifier.objects.filter(ci=gone).update(missing_since=now() + timedelta(minutes=1))
    assert (listed("stale"), listed("missing")) == (["gone", "old"], ["gone"])


def chosen(*items: ConfigurationItem, action: str, **said: object) -> dict[str, object]:
    return {"action": action, "_selected_action": [one.pk for one in items], **said}


def test_many_items_get_an_owner_at_once_after_a_page_that_asks(item) -> None:
    items = [item("one"), item("two")]
    team("booking")
    sven = signed_in("sven")
    asked = sven.post(f"{LIST}?health=without-owner", chosen(*items, action="bulk_owner"))
    assert asked.status_code == 200
    assert ConfigurationItem.objects.filter(owner=None).count() == 2
    said = {"bulk_confirmed": "1", "owner": "booking", "note": "They took them over."}
    done = sven.post(f"{LIST}?health=without-owner", chosen(*items, action="bulk_owner", **said))
    assert done.status_code == 302
    assert listed("without-owner") == []
    entries = AuditEntry.objects.filter(event="cmdb.configurationitem.change", note="They took them over.")
    assert (entries.count(), {one.actor for one in entries}) == (2, {person("sven")})


def test_an_answer_that_is_wrong_is_asked_again_and_changes_nothing(item) -> None:
    one = item("one")
    response = signed_in("sven").post(LIST, chosen(one, action="bulk_owner", bulk_confirmed="1", owner="nobody"))
    assert response.status_code == 400
    assert ConfigurationItem.objects.get(key="one").owner is None


def test_the_other_deeds_of_the_list(item) -> None:
    one = item("one")
    sven = signed_in("sven")
    sven.post(LIST, chosen(one, action="bulk_criticality", bulk_confirmed="1", criticality="1"))
    sven.post(LIST, chosen(one, action="bulk_confirm", bulk_confirmed="1"))
    sven.post(LIST, chosen(one, action="bulk_retire", bulk_confirmed="1"))
    one.refresh_from_db()
    assert (one.criticality, one.lifecycle, one.confirmed_at is not None) == (1, "retired", True)


def test_who_may_not_edit_items_is_not_offered_the_deeds(item) -> None:
    one = item("one")
    audrey = signed_in("audrey")
    assert "bulk_owner" not in audrey.get(LIST).content.decode()
    audrey.post(LIST, chosen(one, action="bulk_retire", bulk_confirmed="1"))
    one.refresh_from_db()
    assert one.lifecycle == "live"


def test_the_page_counts_every_list_and_leads_to_it(item, query_budget) -> None:
    item("one")
    audrey = signed_in("audrey")
    audrey.get(PAGE)
    with query_budget("admin.health"):
        page = audrey.get(PAGE).content.decode()
    assert "?health=without-owner" in page
    assert signed_in("nora").get(PAGE).status_code in (302, 403)


@pytest.mark.drawn_by_hand
def test_the_same_by_program(item) -> None:
    last_seen(item("old"), 200)
    told = Caller(person("audrey")).get("cmdb-health/").json()["results"]
    assert {one["health"]: one["items"] for one in told} == health()
    problem(Caller(person("audrey")).post("configuration-items/old/confirm/"), 403)
    answer = Caller(person("sven")).post("configuration-items/old/confirm/", {"comment": "Seen."})
    assert answer.json()["confirmed_at"] is not None
    assert Caller(person("audrey")).get("configuration-items/?health=stale").json()["results"] == []


def test_nobody_may_do_too_much_at_once(item, monkeypatch) -> None:
    items = [item(f"item-{number}") for number in range(3)]
    monkeypatch.setattr("apps.core.admin.bulk.MOST_AT_ONCE", 2)
    signed_in("sven").post(LIST, chosen(*items, action="bulk_retire", bulk_confirmed="1"))
    assert not ConfigurationItem.objects.filter(lifecycle="retired").exists()
