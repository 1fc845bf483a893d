"""The map written in every format: read back it changes nothing, and into an empty map it is the same again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from defusedxml import ElementTree
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from referencing import Registry, Resource

from apps.accounts.models import Team
from apps.cmdb import actions
from apps.cmdb.formats import KNOWN
from apps.cmdb.formats.writers import WRITERS
from apps.cmdb.models import CIType, ConfigurationItem, ImportSource, Relationship, RelationshipType, ValueStream
from apps.cmdb.queries.export import exported
from apps.core.errors import Invalid
from tests.cmdb.test_backstage_files import picture
from tests.core.api.conftest import Caller
from tests.people import SYSTEM, person

COLUMNS = (
    {"meaning": "key", "header": "key"},
    {"meaning": "name", "header": "name"},
    {"meaning": "ci_type", "header": "type", "values": {"machine": "host"}},
    {"meaning": "description", "header": "what"},
    {"meaning": "lifecycle", "header": "state", "values": {"in use": "live"}},
    {"meaning": "criticality", "header": "tier"},
    {"meaning": "owner", "header": "team"},
    {"meaning": "release_managed", "header": "managed"},
    {"meaning": "needs_at_least", "header": "least"},
    {"meaning": "value_streams", "header": "streams", "separator": "|"},
    {"meaning": "attribute", "header": "rack", "target": "rack"},
    *(
        {"meaning": "relationship", "header": slug, "target": slug, "separator": "|"}
        for slug in ("depends-on", "runs-on", "part-of", "provides", "consumes", "relates-to")
    ),
)
TABLES = ("csv", "xlsx")
WITH_GROUPS = ("backstage", "tidegate")  # the others have no words for teams and value streams themselves
TYPES = ("product", "service", "application", "component", "api", "data-store", "host", "document", "resource")
TIES = ("depends-on", "runs-on", "part-of", "provides", "consumes", "relates-to")

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
names = texts.filter(lambda one: one.strip())
keys = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:+@~-]{0,70}", fullmatch=True)
values = st.one_of(texts, st.booleans(), st.integers(-(2**40), 2**40), st.lists(texts, max_size=2))
things = st.fixed_dictionaries(
    {
        "name": names,
        "ci_type": st.sampled_from([*TYPES, "business-element"]),
        "description": texts,
        "lifecycle": st.sampled_from(["planned", "live", "retired"]),
        "criticality": st.integers(1, 4),
        "owner": st.sampled_from([None, "team-a", "team-b"]),
        "release_managed": st.booleans(),
        "redundancy": st.sampled_from([None, 1, 3]),
        "attributes": st.dictionaries(st.sampled_from(["tier", "kind", "labels", "note", "über"]), values, max_size=3),
        "streams": st.sets(st.sampled_from(["orders", "cash"])),
    }
)
maps = st.dictionaries(keys, things, min_size=1, max_size=4)
plain = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)


def build(items: dict[str, dict[str, Any]], ties: list[tuple[int, str, int]]) -> None:
    teams = {slug: Team.objects.create(slug=slug, name=slug.title()) for slug in ("team-a", "team-b")}
    streams = {slug: ValueStream.objects.create(slug=slug, name=slug.title()) for slug in ("orders", "cash")}
    types = {one.slug: one for one in CIType.objects.all()}
    made = []
    for key, said in items.items():
        fields = {**said, "ci_type": types[said["ci_type"]], "owner": teams.get(said["owner"] or "")}
        named = [streams[one] for one in fields.pop("streams")]
        if said["ci_type"] != "business-element":
            fields["attributes"] = {name: value for name, value in said["attributes"].items() if name != "tier"}
        ci = ConfigurationItem.objects.create(key=key, **fields)
        ci.value_streams.set(named)
        made.append(ci)
    kinds = {one.slug: one for one in RelationshipType.objects.all()}
    for first, kind, second in ties:
        ends = made[first % len(made)], made[second % len(made)]
        if ends[0] != ends[1]:
            Relationship.objects.get_or_create(source=ends[0], type=kinds[kind], target=ends[1])


def content(format: str) -> bytes:
    return b"".join(exported(format=format, mapping="map" if format in TABLES else ""))


def empty() -> None:
    for rows in (Relationship, ConfigurationItem):
        rows.objects.all().delete()
    ImportSource.objects.all().delete()


def said() -> list[Any]:
    """The map as people see it."""
    return json.loads(b"".join(exported()))["items"], json.loads(b"".join(exported()))["relationships"]


@pytest.fixture
def mapping(db: None) -> None:
    actions.create_mapping(slug="map", name="Map", columns=COLUMNS, by=SYSTEM)


def test_what_can_be_read_can_be_written() -> None:
    assert sorted(WRITERS) == sorted(KNOWN)


@pytest.mark.drawn_by_hand
@pytest.mark.parametrize("format", [one for one in KNOWN if one not in TABLES])
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=maps, ties=st.lists(st.tuples(st.integers(0, 9), st.sampled_from(TIES), st.integers(0, 9)), max_size=6))
def test_an_export_read_back_changes_nothing_and_fills_an_empty_map(
    take: Callable, format: str, items: dict, ties: list
) -> None:
    with transaction.atomic():
        build(items, ties)
        before, words = picture(), said()
        file = content(format)

        back = take(file, format, source="back")
        assert [(one.location, one.reason) for one in back.rejected] == []
        assert (back.created, back.updated, back.relationships_created) == (0, 0, 0)
        assert picture() == before

        empty()
        take(file, format, source="anew")
        assert said() == words
        transaction.set_rollback(True)


@pytest.mark.drawn_by_hand
@pytest.mark.parametrize("format", TABLES)
def test_a_table_read_back_by_its_mapping_changes_nothing(take: Callable, mapping: None, format: str) -> None:
    build(SMALL, TIES_OF_SMALL)
    before, words = picture(), said()
    file = content(format)

    back = take(file, format, source="back", mapping="map")
    assert [(one.location, one.reason) for one in back.rejected] == []
    assert (back.created, back.updated, back.relationships_created) == (0, 0, 0)
    assert picture() == before

    empty()
    take(file, format, source="anew", mapping="map")
    assert said() == words


SMALL = {
    key: {
        "name": f"={key} |\n“x”",
        "ci_type": kind,
        "description": "",
        "lifecycle": lifecycle,
        "criticality": 2,
        "owner": owner,
        "release_managed": owner is None,
        "redundancy": None if owner else 2,
        "attributes": {"rack": "7"} if owner else {},
        "streams": {"orders"} if owner else set(),
    }
    for key, kind, lifecycle, owner in (
        ("Shop:1", "service", "live", "team-a"),
        ("db", "data-store", "planned", None),
        ("host-1", "host", "retired", "team-b"),
    )
}
TIES_OF_SMALL = [(0, "depends-on", 1), (1, "runs-on", 2), (0, "relates-to", 2), (0, "depends-on", 2)]


@pytest.mark.drawn_by_hand
def test_an_export_is_valid_for_those_who_made_the_format(shared_data: Path, db: None) -> None:
    build(SMALL, TIES_OF_SMALL)
    schemas = shared_data / "05a-cyclonedx" / "_schemas"
    registry = Registry().with_resources(
        (name, Resource.from_contents(json.loads((schemas / name).read_text())))
        for name in ("spdx.schema.json", "jsf-0.82.schema.json")
    )
    base = "http://cyclonedx.org/schema/"
    registry = Registry().with_resources((base + name, registry[name]) for name in registry)
    bom = json.loads((schemas / "bom-1.6.schema.json").read_text())
    jsonschema.Draft7Validator(bom, registry=registry).validate(json.loads(content("cyclonedx")))

    kinds = shared_data / "06-backstage" / "_schemas"
    found = [json.loads(one.read_text()) for one in kinds.rglob("*.json")]
    known = Registry().with_resources((one["$id"], Resource.from_contents(one)) for one in found)
    for entity in yaml.safe_load_all(content("backstage")):
        schema = json.loads((kinds / "kinds" / f"{entity['kind']}.v1alpha1.schema.json").read_text())
        jsonschema.Draft7Validator(schema, registry=known).validate(entity)

    model = ElementTree.fromstring(content("archimate"))
    assert [one.tag.rpartition("}")[2] for one in model] == ["name", "elements", "relationships", "propertyDefinitions"]
    spdx = json.loads(content("spdx"))
    assert {"spdxVersion", "dataLicense", "documentNamespace", "creationInfo"} <= spdx.keys()
    assert len([one for one in spdx["relationships"] if one["relationshipType"] == "DESCRIBES"]) == len(SMALL)


@pytest.mark.drawn_by_hand
def test_tools_find_in_an_export_what_they_look_for(db: None) -> None:
    build(SMALL, TIES_OF_SMALL)
    ConfigurationItem.objects.filter(key="host-1").update(
        attributes={"version": "1.2", "purl": "pkg:npm/left-pad@1.2", "licenses": ["MIT", "Ours"], "hashes": ["none:0"]}
    )
    document = json.loads(content("cyclonedx"))
    host = next(one for one in document["components"] if one["bom-ref"] == "host-1")
    assert (host["version"], host["type"]) == ("1.2", "device")
    assert "purl" not in host  # the checksum that is none spoils what is said of the package
    assert {"ref": "Shop:1", "dependsOn": ["db", "host-1"]} in document["dependencies"]
    package = next(one for one in json.loads(content("spdx"))["packages"] if "versionInfo" in one)
    assert package["externalRefs"][0]["referenceLocator"] == "pkg:npm/left-pad@1.2"


def test_a_note_that_somebody_bent_is_refused_with_its_place(take: Callable) -> None:
    part = {"type": "library", "name": "a", "properties": [{"name": "tidegate:item", "value": '{"key": 1}'}]}
    run = take(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [part]}), "cyclonedx")
    assert run.rejected.get().location == "/components/0"
    assert "is not what an export wrote there" in run.rejected.get().reason


@pytest.mark.drawn_by_hand
def test_what_the_format_says_itself_counts_more_than_the_note(take: Callable, db: None) -> None:
    build(SMALL, [])
    document = json.loads(content("cyclonedx"))
    host = next(one for one in document["components"] if one["bom-ref"] == "host-1")
    host["name"], host["description"] = "Renamed elsewhere", "Told elsewhere."
    run = take(json.dumps(document), "cyclonedx", source="elsewhere")
    assert run.updated == 1
    assert ConfigurationItem.objects.get(key="host-1").name == "Renamed elsewhere"


def test_a_table_without_a_way_to_find_its_items_again_is_refused(db: None) -> None:
    columns = [one for one in COLUMNS if one["meaning"] != "key"]
    actions.create_mapping(slug="keyless", name="Keyless", columns=columns, by=SYSTEM)
    with pytest.raises(Invalid, match="no column for the key"):
        exported(format="csv", mapping="keyless")
    with pytest.raises(Invalid, match="There is no column mapping “none”"):
        exported(format="csv", mapping="none")


def test_a_table_of_one_source_has_the_identities_of_that_source(take: Callable, db: None) -> None:
    columns = (
        {"meaning": "identity", "header": "Tag", "prefix": "rack:"},
        {"meaning": "name", "header": "Name"},
        {"meaning": "ci_type", "fallback": "host"},
        {
            "meaning": "relationship_of",
            "header": "Used by",
            "target": "depends-on",
            "separator": "|",
            "prefix": "rack:",
        },
    )
    actions.create_mapping(slug="racks", name="Racks", columns=columns, by=SYSTEM)
    table = "Tag,Name,Used by\r\n1,alpha,2\r\n2,beta,\r\n"
    take(table, "csv", source="racks", mapping="racks")
    assert b"".join(exported("racks", "csv", "racks")).decode("utf-8-sig") == table
    again = take(table, "csv", source="racks", mapping="racks")
    assert (again.unchanged, again.relationships_missing) == (2, 0)


def test_every_format_comes_through_the_api_as_a_stream(take: Callable, mapping: None) -> None:
    take(
        '{"format": "tidegate-cmdb", "version": 1, "items": [{"key": "a", "name": "A", "ci_type": "host"}]}', "tidegate"
    )
    caller = Caller(person("rosa"))
    for format in KNOWN:
        answer = caller("get", f"/api/v1/exports/{format}/?mapping=map")
        assert (answer.status_code, answer.streaming) == (200, True), format
        assert len(b"".join(answer.streaming_content)) > 20
    assert caller("get", "/api/v1/exports/word/").status_code == 400
    assert caller("get", "/api/v1/exports/csv/").status_code == 400


def test_the_admin_asks_for_the_format_and_gives_the_file(client: Any, mapping: None) -> None:
    client.force_login(person("rosa"))
    page = client.get("/admin/cmdb/importrun/export-map/")
    assert b"Export the map" in page.content
    refused = client.get("/admin/cmdb/importrun/export-map/?format=csv")
    assert (refused.status_code, b"name one" in refused.content) == (400, True)
    given = client.get("/admin/cmdb/importrun/export-map/?format=xlsx&mapping=map")
    assert load_workbook(io.BytesIO(b"".join(given.streaming_content))).active.max_row == 1
