"""Open releases around an item: which, when, by whom, what of the item's surroundings they touch and how that hangs together."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.cmdb import actions as cmdb
from apps.cmdb.models import ConfigurationItem, RelationshipType
from apps.cmdb.queries import impact
from apps.core.clock import now
from apps.releases.queries import open_releases
from tests.core.api.conftest import Caller
from tests.factories import ci, component, draft_release, payments, payments_api, release_in, team
from tests.people import SYSTEM, person

pytestmark = pytest.mark.django_db


def depends(source: ConfigurationItem, target: ConfigurationItem) -> None:
    kind = RelationshipType.objects.get(slug="depends-on")
    cmdb.create_relationship(source=source, type=kind, target=target, by=SYSTEM)


@pytest.fixture
def shop() -> ConfigurationItem:
    """A shop that depends on payments, which depends on its API, which stands on a rack."""
    made = ci("shop", type="service")
    depends(made, payments())
    depends(payments(), payments_api())
    depends(payments_api(), ci("rack"))
    return made


def touched(ci: ConfigurationItem, direction: str = "affected") -> list[tuple[str, list[str]]]:
    found = open_releases(impact(ci, direction))
    return [(one.release.key, [each.node.key for each in one.touches]) for one in found]


def test_a_release_of_what_the_item_affects_is_found_with_the_way(shop: ConfigurationItem) -> None:
    release = release_in("planning")
    of_shop = draft_release(subject=shop, components=[], planned_start=None, planned_end=None)
    draft_release(subject=ci("elsewhere", type="service"), components=[])

    assert touched(ci("rack")) == [(release.key, ["payments-api", "payments"]), (of_shop.key, ["shop"])]
    first = open_releases(impact(ci("rack")))[0].nearest
    assert (first.node.distance, first.way) == (1, "Payments api depends on Rack")
    assert touched(shop) == [(of_shop.key, ["shop"])]
    assert open_releases(impact(shop))[0].nearest.way == "It changes this item itself."
    assert touched(shop, "dependencies") == [(release.key, ["payments", "payments-api"]), (of_shop.key, ["shop"])]


@pytest.mark.parametrize("status", ["closed", "cancelled"])
def test_what_has_ended_is_not_under_way(shop: ConfigurationItem, status: str) -> None:
    release_in(status)
    assert touched(ci("rack")) == []


def test_the_number_of_queries_does_not_grow(shop: ConfigurationItem) -> None:
    def asked() -> int:
        found = impact(ci("rack"))
        with CaptureQueriesContext(connection) as seen:
            open_releases(found)
        return len(seen)

    draft_release()
    few = asked()
    for number in range(5):
        draft_release(components=[component(ci=ci(f"part-{number}"))])
    assert (few, asked()) == (3, 3)


def test_the_api_tells_every_member(shop: ConfigurationItem) -> None:
    release = release_in("planning")
    answer = Caller(person("carl")).get("configuration-items/rack/open-releases/")
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["root"], told["direction"], told["truncated"]) == ("rack", "affected", False)
    [one] = told["releases"]
    assert (one["key"], one["status"], one["release_manager"]) == (release.key, "planning", "rosa")
    assert one["planned_start"] and one["planned_end"] and one["environment"] == "production"
    assert one["touches"][1] == {
        "key": "payments",
        "name": "Payments",
        "distance": 2,
        "explanation": "Payments depends on Payments api, which depends on Rack",
    }
    assert Caller(person("carl")).get("configuration-items/nothing/open-releases/").status_code == 404
    assert Caller(person("carl")).get("configuration-items/rack/open-releases/?direction=up").status_code == 400


def impact_page(ci: ConfigurationItem, query: str = "") -> str:
    desk = Client()
    desk.force_login(person("rosa"))
    answer = desk.get(reverse("admin:cmdb_configurationitem_change", args=[ci.pk]) + "?tab=impact" + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_impact_page_shows_them(shop: ConfigurationItem) -> None:
    release = release_in("planning")
    page = impact_page(ci("rack"))
    assert "Open releases that touch it, or what it affects" in page
    assert release.key in page
    assert "Payments api depends on Rack" in page
    assert "what it depends on" in impact_page(shop, "&direction=dependencies")
    assert release.key not in impact_page(ci("rack"), f"&at={quote(now().isoformat())}")


def test_approvers_are_proposed_from_the_owning_teams(shop: ConfigurationItem) -> None:
    for name in ("adam", "carl", "audrey"):
        person(name)
    team("payments", "adam", "carl", "sven", "audrey")
    told = Caller(person("carl")).get("configuration-items/rack/reach/").json()
    assert (told["owners"][0]["key"], told["approvers"]) == ("payments", ["adam", "sven"])
    page = impact_page(ci("rack"))
    assert "Proposed approvers" in page
    assert str(person("adam")) in page
