"""The tables hold their promises by themselves; installed versions, drift, and the health of the map."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.cmdb import actions
from apps.cmdb.models import (
    CIType,
    ConfigurationItem,
    Environment,
    Identifier,
    InstalledVersion,
    Party,
    Relationship,
    RelationshipType,
)
from apps.cmdb.naming import key_from, slug_from
from apps.cmdb.queries import HEALTH_LISTS, drift, health, versions_of
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.core.models import AuditEntry
from tests.people import SYSTEM, acting


def refused(change: Callable[[], object]) -> bool:
    """Whether the database itself refuses it."""
    try:
        with transaction.atomic():
            change()
    except IntegrityError:
        return True
    return False


def test_the_database_refuses_what_may_not_be(item: Callable, tie: Callable) -> None:
    edge = tie("shop", "depends-on", "payments")
    shop, kind = item("shop"), edge.type
    again = Relationship(source=edge.source, target=edge.target, type=kind)
    assert refused(lambda: Relationship.objects.bulk_create([again]))
    assert refused(lambda: Relationship.objects.bulk_create([Relationship(source=shop, target=shop, type=kind)]))
    rows = ConfigurationItem.objects.filter(pk=shop.pk)
    assert refused(lambda: rows.update(lifecycle="asleep"))
    assert refused(lambda: rows.update(criticality=5))
    assert refused(lambda: rows.update(redundancy=0))
    assert refused(lambda: RelationshipType.objects.filter(pk=kind.pk).update(impact_flows="up"))
    party = actions.create_party(slug="acme", name="Acme", by=SYSTEM)
    assert refused(lambda: Party.objects.filter(pk=party.pk).update(kind="friend"))
    Identifier.objects.create(ci=shop, source="crm", external_id="1")
    assert refused(lambda: Identifier.objects.create(ci=item("payments"), source="crm", external_id="1"))


def test_the_built_in_types_are_there(db: None) -> None:
    assert {
        "product", "service", "application", "component", "api", "data-store", "host", "document",
    } <= set(CIType.objects.values_list("slug", flat=True))  # fmt: skip
    flows = dict(RelationshipType.objects.values_list("slug", "impact_flows"))
    assert flows == {
        "depends-on": "to_source",
        "runs-on": "to_source",
        "part-of": "to_target",
        "provides": "to_target",
        "consumes": "to_source",
        "relates-to": "none",
    }


def test_a_key_is_made_from_the_name(db: None) -> None:
    kind = CIType.objects.get(slug="service")
    made = [actions.create_ci(name="Überweisung & Co.", ci_type=kind, by=SYSTEM).key for _ in range(3)]
    assert made == ["uberweisung-co", "uberweisung-co-2", "uberweisung-co-3"]
    assert actions.create_ci(name="支払い", ci_type=kind, by=SYSTEM).key == "service"


@pytest.mark.parametrize("key", ["", "-a", "a b", "a/b", "é", "a\n"])
def test_a_key_fits_into_an_address(db: None, key: str) -> None:
    kind = CIType.objects.get(slug="service")
    with pytest.raises(Invalid):
        actions.create_ci(name=" ", key=key or " ", ci_type=kind, by=SYSTEM)


def test_names_become_keys_and_slugs() -> None:
    assert key_from("Payments API (v2.1)") == "payments-api-v2.1"
    assert slug_from("Payments API (v2.1)") == "payments-api-v2-1"
    assert key_from("…") == ""
    assert len(key_from("x" * 500)) == 100


def test_only_those_who_may_change_the_map(item: Callable) -> None:
    shop = item("shop")
    for name in ("audrey", "adam", "carl", "ida", "nora"):
        with pytest.raises(NotPermitted):
            actions.change_ci(ci=shop, name="Mine", by=acting(name))
    for name in ("rosa", "sven", "ivan"):
        actions.change_ci(ci=shop, name=f"by {name}", by=acting(name))
    with pytest.raises(NotPermitted):
        actions.create_environment(slug="prod", name="Production", by=acting("sven"))


def test_attributes_keep_to_the_schema_whichever_way_they_come(item: Callable) -> None:
    kind = actions.create_ci_type(
        slug="blade",
        name="Blade",
        attribute_schema={"type": "object", "properties": {"cores": {"type": "integer", "minimum": 1}}},
        by=SYSTEM,
    )
    blade = actions.create_ci(name="b1", ci_type=kind, attributes={"cores": 8}, by=SYSTEM)
    with pytest.raises(Invalid, match="cores: 0 is less than the minimum"):
        actions.change_ci(ci=blade, attributes={"cores": 0}, by=SYSTEM)
    with pytest.raises(Invalid, match="cores"):
        actions.create_ci(name="b2", ci_type=kind, attributes={"cores": "many"}, by=SYSTEM)
    with pytest.raises(NotNow, match="in use|still used"):
        actions.remove_ci_type(ci_type=kind, by=SYSTEM)


def test_a_change_of_owner_is_told_by_name(item: Callable) -> None:
    from apps.accounts.actions import create_team

    web, ops = (create_team(slug=slug, name=slug, by=SYSTEM) for slug in ("web", "ops"))
    shop = actions.change_ci(ci=item("shop"), owner=web, by=SYSTEM)
    shop = actions.change_ci(ci=ConfigurationItem.objects.get(pk=shop.pk), owner=ops, by=SYSTEM)
    assert AuditEntry.objects.order_by("-id")[0].changes == {"owner": ["web", "ops"]}
    entries = AuditEntry.objects.count()
    actions.change_ci(ci=ConfigurationItem.objects.get(pk=shop.pk), owner=ops, by=SYSTEM)
    assert AuditEntry.objects.count() == entries


@pytest.fixture
def places(db: None) -> list[Environment]:
    made = [("test", 1, False), ("production", 2, True)]
    return [
        actions.create_environment(slug=slug, name=slug.capitalize(), order=order, is_production=prod, by=SYSTEM)
        for slug, order, prod in made
    ]


def note(ci: ConfigurationItem, place: Environment, version: str, hours: int, **more: str) -> InstalledVersion:
    at = now() + timedelta(hours=hours)
    return actions.note_installed(ci=ci, environment=place, version=version, at=at, by=SYSTEM, **{"digest": "", **more})


def test_the_last_deployment_says_what_is_installed_whenever_it_is_told(item: Callable, places: list) -> None:
    shop, production = item("shop"), places[1]
    note(shop, production, "1.0", 1)
    note(shop, production, "3.0", 3)
    note(shop, production, "2.0", 2)
    row = InstalledVersion.objects.get()
    assert row.version_name == "3.0"


def test_the_same_version_again_keeps_its_since_and_learns_its_release(item: Callable, places: list) -> None:
    shop, production = item("shop"), places[1]
    first = note(shop, production, "1.0", 1)
    again = note(shop, production, "1.0", 5, release_key="REL-2026-0001")
    assert (again.since, again.release_key) == (first.since, "REL-2026-0001")
    assert note(shop, production, "1.0", 6).release_key == "REL-2026-0001"
    assert note(shop, production, "1.1", 7).release_key == ""


def test_drift_is_what_no_release_brought_and_what_skipped_an_environment(item: Callable, places: list) -> None:
    shop, (test, production) = item("shop", release_managed=True), places
    note(shop, test, "1.0", 1)
    note(shop, production, "1.0", 2, release_key="REL-2026-0001")
    assert drift(shop) == []
    note(shop, test, "1.1", 3)
    assert drift(shop) == []  # the next version is on its way
    note(shop, production, "1.2", 4)
    assert [(one.kind, one.installed.environment.slug) for one in drift(shop)] == [
        ("not_released", "production"),
        ("differs", "test"),
    ]
    assert [one.version_name for one in versions_of(shop)] == ["1.1", "1.2"]
    assert drift(item("other")) == []


def test_the_health_of_the_map_is_lists_to_work_through(item: Callable, tie: Callable, take) -> None:
    tie("shop", "depends-on", "payments")
    item("forgotten", type="component")
    retired = item("old", type="component")
    actions.retire_ci(ci=retired, by=SYSTEM)
    take("apiVersion: a.b/v1\nkind: System\nmetadata: {name: gone}\nspec: {owner: web, domain: x}", complete=True)
    take("apiVersion: a.b/v1\nkind: System\nmetadata: {name: here}\nspec: {owner: web}", complete=True)
    Identifier.objects.filter(ci__key="here").update(last_seen_at=now() - timedelta(days=200))
    listed = {one.slug: sorted(one.items().values_list("key", flat=True)) for one in HEALTH_LISTS}
    assert listed == {
        "without-owner": ["forgotten", "gone", "here", "payments", "shop"],
        "orphans": ["forgotten", "gone", "here"],
        "without-consumer": ["shop"],
        "missing": ["gone"],
        "stale": ["here"],
        "unresolved": ["gone", "here"],
        "proposed": [],
    }
    assert health() == {slug: len(keys) for slug, keys in listed.items()}
