"""Every real bill of materials: the conformance set of the specification, JSON and XML, and those of real products."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apps.cmdb.formats.cyclonedx import read_cyclonedx
from apps.cmdb.formats.records import Record
from apps.cmdb.models import ConfigurationItem, Relationship
from apps.cmdb.queries import impact
from apps.core.errors import Invalid
from tests.conftest import SHARED_DATA


def test_the_next_release_of_a_product_updates_the_same_items(take, cyclonedx_files: Path) -> None:
    """Proton Bridge 1.6.3 → 1.8.0: of 201 components seven changed their version, none came and none went."""
    folder = cyclonedx_files / "bom-examples" / "SBOM" / "proton-bridge"
    old, new = (folder / f"proton-bridge-v{version}.bom.json" for version in ("1.6.3", "1.8.0"))
    take(old.read_bytes(), "cyclonedx", complete=True)

    run = take(new.read_bytes(), "cyclonedx", complete=True)

    assert (run.created, run.missing_count) == (0, 0)
    changed = {
        line.record: line.changes["attributes"]
        for line in run.lines.filter(outcome="updated")
        if "attributes" in line.changes
    }
    moved = [name for name, (before, after) in changed.items() if before["version"] != after["version"]]
    assert len([name for name in moved if name.startswith("pkg:")]) - 1 == 7  # the product itself aside


def test_json_and_xml_of_one_product_are_the_same_items(take, cyclonedx_files: Path) -> None:
    folder = cyclonedx_files / "bom-examples" / "SBOM" / "laravel-7.12.0"
    take((folder / "bom.1.4.json").read_bytes(), "cyclonedx", source="json")
    run = take((folder / "bom.1.4.xml").read_bytes(), "cyclonedx", source="xml")
    assert run.created == 0
    assert run.relationships_created == 0
    assert ConfigurationItem.objects.count() == 63


def test_two_products_share_the_packages_that_they_share(take) -> None:
    for product in ("shop", "desk"):
        take(bom(product, components=[library("left-pad", "1.3.0")]), "cyclonedx", source=product)
    pad = ConfigurationItem.objects.get(identifiers__source="purl", identifiers__external_id="pkg:npm/left-pad")
    assert {node.key for node in impact(pad).nodes} == {"shop", "desk"}


def test_services_hang_together_as_the_document_says(take, cyclonedx_files: Path) -> None:
    folder = cyclonedx_files / "bom-examples" / "SaaSBOM" / "apigateway-microservices-datastores"
    run = take((folder / "bom.json").read_bytes(), "cyclonedx")
    named = json.loads((folder / "bom.json").read_bytes())["dependencies"]
    depends = Relationship.objects.filter(type__slug="depends-on")
    assert depends.count() == sum(len(one["dependsOn"]) for one in named)
    assert run.rejected_count == 0
    assert ConfigurationItem.objects.filter(ci_type__slug="service").count() == 6


def bom(name: str, **parts: object) -> bytes:
    root = {"type": "application", "name": name, "bom-ref": name}
    whole = {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": root}, **parts}
    return json.dumps(whole).encode()


def library(name: str, version: str, **more: object) -> dict[str, object]:
    purl = f"pkg:npm/{name}@{version}"
    return {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl, **more}


def test_several_versions_of_a_package_are_one_item(take) -> None:
    content = bom("shop", components=[library("ms", "2.0.0"), library("ms", "2.1.3")])
    run = take(content, "cyclonedx")
    assert (run.created, run.skipped_count) == (2, 1)
    assert ConfigurationItem.objects.get(name="ms").attributes["versions"] == ["2.0.0", "2.1.3"]
    assert "the same package as /components/0" in run.skipped.get().reason


def test_nested_components_are_part_of_what_holds_them(take) -> None:
    engine = library("engine", "1.0.0", components=[library("piston", "2.0.0")])
    take(bom("car", components=[engine]), "cyclonedx")
    edges = set(Relationship.objects.values_list("source__name", "type__slug", "target__name"))
    assert edges == {("piston", "part-of", "engine"), ("engine", "part-of", "car")}


def test_a_broken_component_is_rejected_alone(take) -> None:
    broken = {**library("bad", "1.0.0"), "scope": "sometimes"}
    run = take(bom("shop", components=[broken, library("good", "1.0.0")]), "cyclonedx")
    assert run.created == 2
    (line,) = run.rejected
    assert line.location == "/components/0"
    assert line.reason == "scope is “sometimes”; it must be one of: excluded, optional, required."


def test_a_dependency_that_points_nowhere_is_rejected_with_its_place(take) -> None:
    dependencies = [{"ref": "shop", "dependsOn": ["pkg:npm/good@1.0.0"]}, {"ref": "shop", "dependsOn": ["ghost"]}]
    run = take(bom("shop", components=[library("good", "1.0.0")], dependencies=dependencies), "cyclonedx")
    (line,) = run.rejected
    assert (line.location, line.reason) == (
        "/dependencies/1",
        "It points at “ghost”, which is not in the document.",
    )
    assert Relationship.objects.get().type.slug == "depends-on"


def test_a_link_into_another_bill_of_materials_is_left_out(take) -> None:
    elsewhere = "urn:cdx:f08a6ccd-4dce-4759-bd84-c626675d60a7/1#other"
    run = take(bom("shop", dependencies=[{"ref": "shop", "dependsOn": [elsewhere]}]), "cyclonedx")
    assert (run.rejected_count, run.skipped_count) == (0, 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type"', "line 1, column 72"),
        (b'{"bomFormat": "CycloneDX",\n "specVersion": "9.9"}', "specVersion '9.9' is not known"),
        (b'{"bomFormat": "SPDX", "specVersion": "1.6"}', "bomFormat must be"),
        (b"[]", "not an object"),
        (b"", "empty"),
        (b"\xff\xfe\x00", "not text"),
        (b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": {}}', "components must be a list"),
        (b'{"bomFormat": "CycloneDX", "specVersion": "1.6"} trailing', "Extra data"),
        (b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", "nested too deeply"),
        (b"<bom xmlns='http://cyclonedx.org/schema/bom/0.9'/>", "must be bom of"),
        (b"<bom xmlns='http://cyclonedx.org/schema/bom/1.6'>", "not XML"),
        (b"<!DOCTYPE bom [<!ENTITY x 'y'>]><bom xmlns='http://cyclonedx.org/schema/bom/1.6'>&x;</bom>", "entities"),
    ],
)
def test_what_is_no_bill_of_materials_is_refused_whole(take, content: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        take(content, "cyclonedx")
    assert not ConfigurationItem.objects.exists()


def test_every_record_names_its_place(shared_data: Path) -> None:
    content = (SHARED_DATA / "05a-cyclonedx/bom-examples/SBOM/keycloak-10.0.2/bom.json").read_bytes()
    whole = json.loads(content)
    for one in read_cyclonedx(content):
        if isinstance(one, Record):
            assert found_at(whole, one.location)["name"] in one.name


def found_at(value: object, pointer: str) -> dict:
    for part in pointer.strip("/").split("/"):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value
