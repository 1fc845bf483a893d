"""The past of the map: every deed leaves it, and it can be told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from apps.cmdb import actions
from apps.cmdb.models import (
    ConfigurationItem,
    ItemVersion,
    MapChange,
    ProposedRelationship,
    RelationshipPeriod,
    ValueStream,
)
from apps.cmdb.queries.history import history_of, relationships_of, version_at
from apps.cmdb.queries.proposals import FoundPair
from apps.core.clock import now
from tests.cmdb.test_reconciling import component, files
from tests.factories import team
from tests.people import SYSTEM, acting

# --- every deed -------------------------------------------------------------------------------------------------------

LEAVE_THE_MAP_ALONE = {
    "an import that waits, or is ended, takes no records": {"accept_import", "call_off_import", "sweep_imports"},
    "a name by which a source knows an item is audited; no value of the item changes": {"add_identifier"},
    "what the map is drawn with; nothing in use can be removed": {
        "create_ci_type", "change_ci_type", "remove_ci_type", "create_relationship_type", "change_relationship_type",
        "remove_relationship_type", "create_environment", "change_environment", "remove_environment",
        "create_source", "change_source",
    },
    "how tables are read": {
        "create_mapping", "change_mapping", "remove_mapping", "add_column", "change_column", "remove_column",
    },
    "parties and what they are called belong to no item": {
        "create_party", "change_party", "remove_party", "create_service_relationship", "change_service_relationship",
        "remove_service_relationship", "create_value_stream", "change_value_stream",
    },
    "somebody has looked: like a relationship seen again, it is no new value": {"confirm_ci"},
    "a pair that might hang together is not on the map yet": {"renew_proposals", "dismiss_proposal"},
    "what is installed where keeps its own deployments": {"note_installed"},
}  # fmt: skip


@pytest.fixture
def world(take: Callable, item: Callable, tie: Callable) -> SimpleNamespace:
    """Two imported items that are related, two made by hand, and a value stream that one of them serves."""
    both = files(component("shop", dependsOn="[component:payments]"), component("payments"))
    take(both, complete=True)
    stream = actions.create_value_stream(slug="sell", name="Sell", by=SYSTEM)
    edge = tie("portal", "depends-on", "search")
    actions.change_ci(ci=item("portal"), value_streams=[stream], by=SYSTEM)
    return SimpleNamespace(take=take, item=item, tie=tie, both=both, stream=stream, edge=edge)


DEEDS: dict[str, Callable[[SimpleNamespace], object]] = {
    "create_ci": lambda world: world.item("new"),
    "change_ci": lambda world: actions.change_ci(ci=world.item("shop"), owner=team("web"), criticality=1, by=SYSTEM),
    "change_ci: value streams": lambda world: actions.change_ci(ci=world.item("portal"), value_streams=[], by=SYSTEM),
    "change_ci: attributes": lambda world: actions.change_ci(ci=world.item("shop"), attributes={"tier": 1}, by=SYSTEM),
    "retire_ci": lambda world: actions.retire_ci(ci=world.item("shop"), by=SYSTEM),
    "remove_ci": lambda world: actions.remove_ci(ci=world.item("search"), by=SYSTEM),
    "remove_identifier": lambda world: _forget_the_missing_name(world),
    "create_relationship": lambda world: world.tie("shop", "depends-on", "search"),
    "confirm_relationship": lambda world: _find_again(world),
    "remove_relationship": lambda world: actions.remove_relationship(relationship=world.edge, by=SYSTEM),
    "remove_value_stream": lambda world: actions.remove_value_stream(value_stream=world.stream, by=SYSTEM),
    "accept_proposal": lambda world: _accept_a_proposal(world),
    "import_catalog": lambda world: world.take(files(component("shop", owner="new"), component("more"))),
    "carry_out_import": lambda world: _import_in_the_background(files(component("shop", owner="new"))),
    "import_catalog: a relationship goes missing": lambda world: world.take(component("shop")),
    "import_catalog: an item goes missing": lambda world: world.take(component("payments"), complete=True),
    "import_catalog: an owner arrives": lambda world: _name_an_owner_early(world),
    "import_catalog: a value stream arrives": lambda world: _name_a_stream_early(world),
}  # fmt: skip


def _forget_the_missing_name(world: SimpleNamespace) -> None:
    world.take(component("payments"), complete=True)
    name = world.item("shop").identifiers.get()
    assert name.missing_since is not None
    actions.remove_identifier(identifier=name, by=SYSTEM)


def _accept_a_proposal(world: SimpleNamespace) -> None:
    pair = FoundPair(source=world.item("shop").pk, target=world.item("search").pk, evidence=[], times=5, support=5)
    actions.renew_proposals(found=[pair], at=now(), by=SYSTEM)
    actions.accept_proposal(proposal=ProposedRelationship.objects.get(), by=SYSTEM)


def _import_in_the_background(content: str) -> None:
    run = actions.accept_import(source="test", format="backstage", content=content.encode(), by=SYSTEM)
    actions.carry_out_import(run_id=run.pk)


def _find_again(world: SimpleNamespace) -> None:
    world.take(component("shop"))
    edge = world.item("shop").outgoing.get()
    assert edge.missing_since is not None
    actions.confirm_relationship(relationship=edge, by=SYSTEM)


def _name_an_owner_early(world: SimpleNamespace) -> None:
    world.take(component("shop", owner="late"))
    team("late")
    world.take(component("payments"))
    assert world.item("shop").owner.slug == "late"


def _name_a_stream_early(world: SimpleNamespace) -> None:
    early = component("new", system="checkout")
    system = "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata:\n  name: checkout\nspec:\n  owner: web\n  domain: pay\n"
    domain = "apiVersion: backstage.io/v1alpha1\nkind: Domain\nmetadata:\n  name: pay\nspec:\n  owner: web\n"
    world.take(files(early, system))
    world.take(domain)
    world.take(component("other"))
    assert ValueStream.objects.get(slug="pay").items.exists()


def test_every_action_is_known_here() -> None:
    """A new action says whether it changes the map; if it does, it comes with a deed below that proves its history."""
    told = {name.partition(":")[0] for name in DEEDS}
    alone = set().union(*LEAVE_THE_MAP_ALONE.values())
    assert told | alone == set(actions.__all__) - {"LARGEST_AT_ONCE"}
    assert not told & alone


@pytest.mark.parametrize("deed", DEEDS)
def test_every_deed_leaves_its_past(deed: str, world: SimpleNamespace) -> None:
    """That the open periods then say what the map says is asked after every test of this package (conftest)."""
    before = (ItemVersion.objects.count(), RelationshipPeriod.objects.filter(valid_to__isnull=False).count())
    changes, periods = MapChange.objects.count(), RelationshipPeriod.objects.count()
    DEEDS[deed](world)
    assert MapChange.objects.count() > changes
    after = (ItemVersion.objects.count(), RelationshipPeriod.objects.filter(valid_to__isnull=False).count())
    ended = ItemVersion.objects.filter(valid_to__isnull=False).exists()
    assert after != before or RelationshipPeriod.objects.count() > periods or ended


def test_what_only_looks_again_makes_no_history(world: SimpleNamespace) -> None:
    changes = MapChange.objects.count()
    actions.confirm_relationship(relationship=world.edge, by=SYSTEM)
    actions.change_ci(ci=world.item("shop"), name=world.item("shop").name, by=SYSTEM)
    world.take(world.both, complete=True)
    assert MapChange.objects.count() == changes


def test_a_rehearsal_leaves_no_past(world: SimpleNamespace) -> None:
    changes = MapChange.objects.count()
    world.take(files(component("shop", owner="new"), component("more")), dry_run=True)
    assert MapChange.objects.count() == changes


# --- what it tells ----------------------------------------------------------------------------------------------------


def told(key: str) -> list[list[tuple[str, str, str]]]:
    ci = ConfigurationItem.objects.get(key=key)
    return [[(one.label, one.before, one.after) for one in entry.lines] for entry in history_of(ci.pk)]


def test_the_past_of_an_item_in_words(take: Callable, item: Callable, tie: Callable, db: None) -> None:
    web = team("web")
    shop = item("shop", owner=web, criticality=2)
    tie("shop", "depends-on", "payments")
    actions.change_ci(ci=shop, owner=None, attributes={"tier": 1}, by=acting("rosa"), note="Nobody answers for it.")
    actions.retire_ci(ci=shop, by=acting("rosa"))
    assert told("shop") == [
        [("Lifecycle", "Live", "Retired")],
        [("Owner", "Web", ""), ("tier", "", "1")],
        [("Depends on", "", "payments")],
        [
            ("Name", "", "shop"),
            ("Type", "", "Service"),
            ("Lifecycle", "", "Live"),
            ("Criticality", "", "2 – high"),
            ("Owner", "", "Web"),
            ("Released under management", "", "no"),
        ],
    ]
    latest = history_of(shop.pk)[1]
    assert (latest.change.actor_name, latest.change.note) == ("rosa", "Nobody answers for it.")
    assert told("payments")[0] == [("Is needed by", "", "shop")]


def test_an_import_is_one_entry_that_names_its_run(take: Callable) -> None:
    take(files(component("shop", dependsOn="[component:payments]"), component("payments")))
    run = take(files(component("shop", lifecycle="deprecated"), component("payments")))
    latest = history_of(ConfigurationItem.objects.get(key="shop").pk)[0]
    assert latest.change.run == run
    assert ("Depends on", "payments", "no longer named by test") in [
        (one.label, one.before, one.after) for one in latest.lines
    ]


def test_what_stood_at_a_moment(time_machine, item: Callable, tie: Callable) -> None:
    time_machine.move_to("2026-03-01T09:00:00Z", tick=False)
    edge = tie("shop", "depends-on", "payments")
    time_machine.move_to("2026-04-01T09:00:00Z", tick=False)
    actions.change_ci(ci=item("payments"), name="Payments II", by=SYSTEM)
    actions.remove_relationship(relationship=edge, by=SYSTEM)
    then = now() - timedelta(days=1)
    assert [(one.type.slug, one.key, one.name) for one in relationships_of(item("shop").pk, then)] == [
        ("depends-on", "payments", "payments")
    ]
    assert [one.key for one in relationships_of(item("payments").pk, then, incoming=True)] == ["shop"]
    assert relationships_of(item("shop").pk, now()) == []
    assert version_at(item("payments").pk, then).name == "payments"
    assert version_at(item("payments").pk, now() - timedelta(days=60)) is None


def test_two_changes_at_one_moment_stay_two(time_machine, item: Callable) -> None:
    time_machine.move_to("2026-03-01T09:00:00Z", tick=False)
    shop = item("shop")
    actions.change_ci(ci=shop, name="Shop", by=SYSTEM)
    actions.change_ci(ci=shop, name="Web shop", by=SYSTEM)
    assert list(shop.versions.values_list("name", flat=True)) == ["shop", "Shop", "Web shop"]


def test_a_removed_item_keeps_its_past(item: Callable, tie: Callable) -> None:
    tie("shop", "depends-on", "payments")
    actions.remove_ci(ci=item("payments"), by=SYSTEM)
    assert told("shop")[0] == [("Depends on", "payments", "")]
    assert ItemVersion.objects.get(key="payments").valid_to is not None


# --- where it begins --------------------------------------------------------------------------------------------------


def test_what_was_there_before_begins_with_the_day_it_was_made(world: SimpleNamespace) -> None:
    """The migration over a map without a past: one that goes missing, value streams, owners and all."""
    world.take(component("shop"), complete=True)
    for model in (ItemVersion, RelationshipPeriod, MapChange):
        model.objects.all().delete()
    migration = import_module("apps.cmdb.migrations.0006_the_past_begins")
    migration.begin_the_past(apps, SimpleNamespace(connection=connection))

    shop = world.item("shop")
    assert shop.versions.get().valid_from == shop.created_at
    assert history_of(shop.pk)[0].change.note == "Taken over when the history of the map began."
    ended = RelationshipPeriod.objects.get(valid_to__isnull=False)
    assert (ended.source, ended.went_missing) == (shop, True)
