"""One thing from several sources: found again, merged by precedence, marked missing, never deleted."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from apps.accounts.models import Team
from apps.cmdb import actions
from apps.cmdb.actions import import_carry
from apps.cmdb.models import (
    ConfigurationItem,
    Identifier,
    ImportRun,
    ImportSource,
    Relationship,
    UnresolvedReference,
    ValueStream,
)
from apps.core.actor import Actor, Door
from apps.core.errors import Conflict, Invalid, NotPermitted
from apps.core.models import AuditEntry
from tests.cmdb.conftest import figures
from tests.people import SYSTEM, person


def component(name: str, *, owner: str = "web", kind: str = "service", **more: object) -> str:
    lines = [
        f"  {key}: {value}" for key, value in {"type": kind, "lifecycle": "production", "owner": owner, **more}.items()
    ]
    head = (
        f"apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\n  description: About {name}\n"
    )
    return head + "spec:\n" + "\n".join(lines) + "\n"


def files(*entities: str) -> str:
    return "---\n".join(entities)


def test_a_corrected_value_stands_until_the_source_says_something_new(take, item) -> None:
    take(component("shop"))
    shop = ConfigurationItem.objects.get(key="shop")
    actions.change_ci(ci=shop, name="Web shop", criticality=1, by=SYSTEM)

    assert figures(take(component("shop"))) == {"unchanged": 1}
    assert ConfigurationItem.objects.get(key="shop").name == "Web shop"

    run = take(component("shop", lifecycle="retired"))
    assert figures(run) == {"updated": 1}
    shop.refresh_from_db()
    assert (shop.name, shop.lifecycle, shop.criticality) == ("Web shop", "retired", 1)
    assert run.lines.get().changes["lifecycle"] == ["live", "retired"]


def test_what_a_source_withdraws_goes(take) -> None:
    take(component("shop").replace("metadata:\n", "metadata:\n  title: The shop\n"))
    assert ConfigurationItem.objects.get().attributes["title"] == "The shop"
    take(component("shop"))
    assert "title" not in ConfigurationItem.objects.get().attributes


def sbom(purl: str, description: str) -> str:
    return (
        '{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"type": "library", "name": "pad", '
        f'"version": "1", "purl": "{purl}", "description": "{description}"}}]}}'
    )


def test_two_sources_one_item_and_the_better_believed_wins(take) -> None:
    actions.create_source(slug="scanner", rank=50, field_ranks={"name": 1}, by=SYSTEM)
    actions.create_source(slug="registry", rank=10, by=SYSTEM)
    take(sbom("pkg:npm/pad@1", "from the registry"), "cyclonedx", "registry")
    run = take(sbom("pkg:npm/pad@1", "from the scanner"), "cyclonedx", "scanner")
    assert figures(run) == {"unchanged": 1}
    pad = ConfigurationItem.objects.get()
    assert pad.description == "from the registry"
    assert set(pad.identifiers.values_list("source", flat=True)) == {"purl", "registry", "scanner"}

    actions.change_source(source=ImportSource.objects.get(slug="scanner"), rank=5, by=SYSTEM)
    take(sbom("pkg:npm/pad@1", "from the scanner, newly"), "cyclonedx", "scanner")
    pad.refresh_from_db()
    assert pad.description == "from the scanner, newly"


def test_what_a_complete_file_no_longer_names_is_missing_and_comes_back(take) -> None:
    both = files(component("shop"), component("payments"))
    take(both, complete=True)
    run = take(component("shop"), complete=True)
    assert figures(run) == {"unchanged": 1, "missing": 1}
    assert run.lines.get().record == "component:default/payments"
    assert ConfigurationItem.objects.count() == 2
    assert figures(take(component("shop"), complete=True)) == {"unchanged": 1}

    assert figures(take(both, complete=True)) == {"updated": 1, "unchanged": 1}
    assert not Identifier.objects.filter(missing_since__isnull=False).exists()


def test_an_incomplete_file_makes_nothing_missing(take) -> None:
    take(files(component("shop"), component("payments")))
    assert figures(take(component("shop"))) == {"unchanged": 1}


def test_a_rejected_record_is_not_missing(take) -> None:
    take(files(component("shop"), component("payments")), complete=True)
    broken = component("payments").replace("type: service", "kind: service")
    run = take(files(component("shop"), broken), complete=True)
    assert figures(run) == {"unchanged": 1, "rejected": 1}


def test_a_relationship_that_is_no_longer_named_is_marked_and_comes_back(take) -> None:
    tied = files(component("shop", dependsOn="[component:payments]"), component("payments"))
    take(tied)
    run = take(files(component("shop"), component("payments")))
    assert (run.updated, run.relationships_missing) == (1, 1)
    assert run.lines.get().changes == {"relationships": [["shop depends-on payments"], []]}
    edge = Relationship.objects.get()
    assert edge.missing_since is not None

    run = take(tied)
    assert (run.updated, run.relationships_created) == (1, 1)
    edge.refresh_from_db()
    assert edge.missing_since is None


def test_a_relationship_that_a_person_made_is_never_taken_away(take, tie) -> None:
    take(files(component("shop"), component("payments")))
    edge = tie("shop", "depends-on", "payments")
    take(files(component("shop", dependsOn="[component:payments]"), component("payments")))
    take(files(component("shop"), component("payments")))
    edge.refresh_from_db()
    assert (edge.origin, edge.missing_since) == ("", None)


def test_a_relationship_named_from_both_ends_is_one(take) -> None:
    resource = component("db").replace("kind: Component", "kind: Resource").replace("service", "database")
    resource += "  dependencyOf: [component:shop]\n"
    run = take(files(component("shop", dependsOn="[resource:db]"), resource))
    assert run.relationships_created == 1
    assert Relationship.objects.get().source.key == "shop"


def test_a_reference_is_kept_until_its_target_arrives(take) -> None:
    run = take(component("shop", dependsOn="[component:Payments, resource:ops/DB]", system="checkout"))
    assert (run.created, run.unresolved, run.rejected_count) == (1, 4, 0)
    named = set(UnresolvedReference.objects.values_list("meaning", "external_id"))
    assert named == {
        ("depends-on", "component:default/payments"),
        ("depends-on", "resource:ops/db"),
        ("part-of", "system:default/checkout"),
        ("owner", "group:default/web"),
    }
    run = take(component("payments"))
    assert run.resolved == 1
    assert Relationship.objects.get().target.key == "payments"
    assert UnresolvedReference.objects.filter(ci__key="shop").count() == 3
    take(component("shop", dependsOn="[component:payments]"))
    left = UnresolvedReference.objects.filter(ci__key="shop")
    assert list(left.values_list("meaning", flat=True)) == ["owner"]


def test_a_record_that_names_itself_says_so(take) -> None:
    run = take(component("shop", dependsOn="[component:shop]"))
    assert (run.created, run.skipped_count) == (1, 1)
    assert "names itself" in run.skipped.get().reason


def group(name: str, display: str) -> str:
    return (
        f"apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {{name: {name}, description: People}}\n"
        f"spec: {{type: team, children: [], profile: {{displayName: {display}}}}}\n"
    )


def test_a_team_is_made_without_members_and_never_renamed(take) -> None:
    take(files(component("shop"), group("web", "Web people")))
    team = Team.objects.get(slug="web")
    assert (team.name, team.members.count()) == ("Web people", 0)
    assert ConfigurationItem.objects.get().owner == team
    run = take(group("web", "Change authority"))
    team.refresh_from_db()
    assert (team.name, figures(run)) == ("Web people", {"unchanged": 1})


def test_groups_of_other_namespaces_are_other_teams(take) -> None:
    take(group("web", "Web").replace("metadata: {", "metadata: {namespace: ops, "))
    assert Team.objects.get().slug == "ops-web"


DOMAIN = "apiVersion: backstage.io/v1alpha1\nkind: Domain\nmetadata: {name: sales, title: %s}\nspec: {owner: web}\n"
SYSTEM_OF_SALES = "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {name: checkout}\nspec: {owner: web%s}\n"


def test_a_domain_is_a_value_stream_and_systems_serve_it(take) -> None:
    take(SYSTEM_OF_SALES % ", domain: sales")
    assert UnresolvedReference.objects.filter(meaning="value-stream").count() == 1
    run = take(files(DOMAIN % "Selling", group("web", "Web")))
    assert run.resolved == 2
    checkout = ConfigurationItem.objects.get()
    assert (checkout.ci_type.slug, checkout.owner.slug) == ("product", "web")
    assert [stream.name for stream in checkout.value_streams.all()] == ["Selling"]
    assert figures(take(DOMAIN % "Sales")) == {"updated": 1}
    assert ValueStream.objects.get().name == "Sales"

    by_hand = actions.create_value_stream(slug="by-hand", name="By hand", by=SYSTEM)
    actions.change_ci(ci=checkout, value_streams=[*checkout.value_streams.all(), by_hand], by=SYSTEM)
    take(SYSTEM_OF_SALES % "")
    assert [stream.slug for stream in checkout.value_streams.all()] == ["by-hand"]


def test_kinds_that_staff_have_added_are_taken(take) -> None:
    robot = component("arm").replace("kind: Component", "kind: AssemblyRobot").replace("backstage.io", "acme.example")
    run = take(robot)
    assert run.rejected.get().reason == "There is no CI type “assembly-robot”. Add it to take such records in."
    actions.create_ci_type(slug="assembly-robot", name="Robot", by=SYSTEM)
    assert figures(take(robot)) == {"created": 1}


@pytest.mark.parametrize("head", ["apiVersion: apps/v1\nkind: Deployment", "apiVersion: v1\nkind: Service"])
def test_a_manifest_of_kubernetes_is_no_entity(take, head: str) -> None:
    run = take(f"{head}\nmetadata: {{name: shop}}\nspec: {{}}\n")
    assert "not a kind of catalog entity" in run.rejected.get().reason


def test_a_rebranded_catalog_is_still_a_catalog(take) -> None:
    assert figures(take(component("shop").replace("backstage.io/v1alpha1", "portal.acme.example/v1"))) == {"created": 1}


def test_the_same_name_for_a_component_and_a_resource(take) -> None:
    resource = component("shop").replace("kind: Component", "kind: Resource").replace("service", "database")
    assert figures(take(files(component("shop"), resource))) == {"created": 2}
    assert set(ConfigurationItem.objects.values_list("key", flat=True)) == {"shop", "shop-data-store"}


def test_attributes_that_do_not_fit_the_type_reject_the_record_alone(take) -> None:
    kind = actions.create_ci_type(slug="robot", name="Robot", by=SYSTEM)
    schema = {"type": "object", "properties": {"tags": {"type": "array", "maxItems": 1}}}
    actions.change_ci_type(ci_type=kind, attribute_schema=schema, by=SYSTEM)
    robot = component("arm").replace("kind: Component", "kind: Robot")
    bad = robot.replace("name: arm", "name: leg\n  tags: [a, b]")
    run = take(files(robot, bad))
    assert figures(run) == {"created": 1, "rejected": 1}
    assert "do not fit the CI type “robot”: tags: " in run.rejected.get().reason


def test_who_may_not_import_is_refused_and_nothing_written(db: None) -> None:
    with pytest.raises(NotPermitted):
        actions.import_catalog(
            source="x",
            format="backstage",
            content=component("shop").encode(),
            by=Actor(Door.API, user=person("audrey")),
        )
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize("source", ["", "purl", "a" * 61, "a/b", "-x", "a\nb"])
def test_a_source_has_a_name(take, source: str) -> None:
    with pytest.raises(Invalid, match="A source is named by"):
        take(component("shop"), source=source)


def test_two_imports_at_once_end_with_a_sentence(take, monkeypatch) -> None:
    def clash(*arguments: object) -> None:
        raise IntegrityError("UNIQUE constraint failed: cmdb_identifier.source, cmdb_identifier.external_id")

    monkeypatch.setattr(import_carry, "_take", clash)
    with pytest.raises(Conflict, match="import the file again"):
        take(component("shop"))


def test_the_trail_says_who_imported_what(take) -> None:
    take(files(component("shop", dependsOn="[component:payments]"), component("payments")))
    take(component("shop", lifecycle="retired", dependsOn="[component:payments]"))
    events = AuditEntry.objects.filter(event__startswith="cmdb.importrun.").order_by("id")
    assert [one.event.rpartition(".")[2] for one in events] == [
        "start",
        "write",
        "create_items",
        "change_relationships",
        "finish",
        "start",
        "write",
        "change_items",
        "finish",
    ]
    assert events[2].data["keys"] == ["shop", "payments"]
    assert events[7].data["changes"]["shop"]["lifecycle"] == ["live", "retired"]


def test_the_queries_of_a_batch_do_not_grow_with_its_records(take, django_assert_max_num_queries) -> None:
    def catalog(many: int) -> str:
        return files(*(component(f"c{n}", dependsOn=f"[component:c{(n + 1) % many}]") for n in range(many)))

    with django_assert_max_num_queries(112):
        assert take(catalog(400)).created == 400
    with django_assert_max_num_queries(112):
        assert take(catalog(400)).unchanged == 400


def test_progress_is_told(take) -> None:
    told: list[tuple[str, int, int]] = []
    take(files(component("shop"), component("payments")), progress=lambda *said: told.append(said))
    assert told[-1] == ("writing", 4, 4)
