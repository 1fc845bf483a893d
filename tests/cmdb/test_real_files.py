"""Every real file of every format: what it gives, that nothing changes the second time, and why it is refused.

`real_files.json` says of each file what is expected, and a file without an expectation fails. What it says of records
is held against a count that knows nothing of our readers, and what it says of validity against the files' origin.
"""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from apps.cmdb import actions
from apps.cmdb.models import ColumnMapping, ConfigurationItem, ImportRun, Relationship
from apps.cmdb.queries.export import exported
from apps.core.errors import Invalid
from tests.cmdb.test_backstage_files import picture
from tests.conftest import SHARED_DATA
from tests.people import SYSTEM

FORMATS = {
    "05a-cyclonedx": "cyclonedx",
    "05b-spdx": "spdx",
    "06-backstage": "backstage",
    "07-archimate": "archimate",
    "08-cmdb": "csv",
}
EXPECTED: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "real_files.json").read_text())
FIXED_HOST = ({"meaning": "ci_type", "fallback": "host"},)
COLUMNS = {
    "default": ({"meaning": "identity", "header": "id"}, {"meaning": "name", "header": "name"}, *FIXED_HOST),
    "08-cmdb/ralph/back_office_assets.csv": (
        {"meaning": "identity", "header": "id"},
        {"meaning": "name", "header": "sn"},
        {"meaning": "relationship_of", "header": "service_env", "target": "depends-on", "separator": "|"},
        *FIXED_HOST,
    ),
    "08-cmdb/ralph/management_ip_blank.csv": (
        {"meaning": "identity", "header": "id"},
        {"meaning": "name", "header": "hostname"},
        *FIXED_HOST,
    ),
    "08-cmdb/archi-csv": (
        {"meaning": "identity", "header": "ID"},
        {"meaning": "name", "header": "Name"},
        {"meaning": "description", "header": "Documentation"},
        {"meaning": "ci_type", "fallback": "business-element"},
    ),
}


def real_files() -> list[str]:
    """What somebody would import; schemas and the notes on the origin are not."""
    found = [one for folder in FORMATS for one in (SHARED_DATA / folder).rglob("*") if one.is_file()]
    names = [one.relative_to(SHARED_DATA) for one in found if one.name != "SOURCE.md"]
    return sorted(str(one) for one in names if "_schemas" not in one.parts)


FILES = real_files()
NAMES = [pytest.param(one, id=one.partition("/")[2]) for one in FILES]
TAKEN = [one for one in NAMES if "refused" not in EXPECTED.get(one.values[0], {})]


def format_of(name: str) -> str:
    """The format that a person would choose for the file."""
    if name.startswith("08-cmdb") and name.endswith(".json"):
        return "tidegate"
    return FORMATS[name.split("/")[0]]


def outcome(name: str, take: Any) -> tuple[ImportRun | None, dict[str, Any]]:
    """The run, and what became of the file, in the words of `real_files.json`."""
    format = format_of(name)
    if format == "csv":
        columns = COLUMNS.get(name) or COLUMNS.get(name.rpartition("/")[0]) or COLUMNS["default"]
        if not ColumnMapping.objects.exists():
            actions.create_mapping(slug="map", name="Map", columns=columns, by=SYSTEM)
    content = (SHARED_DATA / name).read_bytes()
    try:
        run = take(content, format, **({"mapping": "map"} if format == "csv" else {}))
    except Invalid as refusal:
        return None, {"refused": [[one.pointer, one.detail] for one in refusal.errors]}
    said = {
        "taken": run.created,
        "relationships": Relationship.objects.count(),
        "unresolved": run.unresolved,
        "left_out": run.skipped_count,
        "rejected": [[one.location, one.reason] for one in run.rejected],
    }
    return run, {key: value for key, value in said.items() if value or key == "taken"}


@pytest.mark.parametrize("name", NAMES)
def test_each_file_gives_what_is_expected_and_nothing_the_second_time(take, shared_data: Path, name: str) -> None:
    before = picture()
    first, said = outcome(name, take)
    assert said == EXPECTED.get(name), f"{name} has no expectation, or another one"
    if first is None:
        assert picture() == before
        return
    assert first.updated == first.unchanged == 0

    after = picture()
    second, _said = outcome(name, take)
    assert (second.created, second.updated, second.unchanged) == (0, 0, first.created)
    assert (second.relationships_created, second.relationships_missing) == (0, 0)
    assert picture() == after
    for format in ways_back(name) if ConfigurationItem.objects.exists() else ():  # of nothing there is no catalog
        back = take(b"".join(exported(format=format)), format, source=f"back-{format}")
        assert [(one.location, one.reason) for one in back.rejected] == []
        assert (back.created, back.updated, back.relationships_created) == (0, 0, 0)
        assert picture() == after


def ways_back(name: str) -> set[str]:
    """The formats in which the map is written and read again: its own, and that of the file unless that is a table."""
    own = format_of(name)
    return {own} if "/spec/" in name else {"tidegate", own} - {"csv"}


@pytest.mark.parametrize("name", TAKEN)
def test_every_record_of_a_file_is_accounted_for(shared_data: Path, name: str) -> None:
    """Taken, left out or rejected: together as many as an independent count finds in the file."""
    expected = EXPECTED[name]
    things = records_in(name)
    accounted = expected["taken"] + expected.get("left_out", 0) + len(expected.get("rejected", ()))
    assert expected["taken"] <= things <= accounted


def records_in(name: str) -> int:
    """How many things the file names, counted without our readers."""
    file = SHARED_DATA / name
    if file.suffix in (".yaml", ".yml"):
        return sum(bool(one) for one in yaml.load_all(file.read_text(), Loader=yaml.BaseLoader))
    if file.suffix == ".csv":
        lines = list(csv.reader(StringIO(file.read_text()), delimiter=";" if "semicolon" in name else ","))
        return len([one for one in lines if any(one)]) - 1
    if file.suffix == ".xml":
        tags = ("element",) if "archimate" in name else ("component", "service")
        return sum(is_thing(one, tags) for one in things_of(ElementTree.parse(file).getroot()))
    document = json.loads(file.read_bytes())
    if "packages" in document:
        return len(document["packages"])
    root = (document.get("metadata") or {}).get("component")
    return nested({"components": [*([root] if root else []), *document.get("components", ())], **services(document)})


def services(part: dict[str, Any]) -> dict[str, Any]:
    return {"services": part.get("services", [])}


def nested(part: dict[str, Any]) -> int:
    inner = [*part.get("components", ()), *part.get("services", ())]
    return len(inner) + sum(nested(one) for one in inner)


def things_of(root: ElementTree.Element) -> list[ElementTree.Element]:
    """The elements below the lists of things; what stands in an annotation, a formula or a view is none."""
    lists = ("elements", "components", "services")
    found = [one for holder in root for one in ([holder] if plain(holder) in lists else ())]
    metadata = [one for holder in root if plain(holder) == "metadata" for one in holder if plain(one) == "component"]
    waiting, things = [*found], list(metadata)
    waiting += [one for thing in metadata for one in thing if plain(one) in lists]
    while waiting:
        for one in waiting.pop():
            things.append(one)
            waiting += [inner for inner in one if plain(inner) in lists]
    return things


def is_thing(element: ElementTree.Element, tags: tuple[str, ...]) -> bool:
    return plain(element) in tags


def plain(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


@pytest.mark.parametrize("name", [one for one in FILES if "/spec/" in one])
def test_the_conformance_set_is_judged_as_its_names_say(name: str) -> None:
    expected = EXPECTED[name]
    is_taken = "refused" not in expected and not expected.get("rejected")
    assert is_taken == Path(name).name.startswith("valid-")


def test_no_expectation_is_left_of_a_file_that_is_gone(shared_data: Path) -> None:
    assert sorted(EXPECTED) == FILES
