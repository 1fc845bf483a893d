"""ArchiMate models: the real files of both generations, junctions, and what is no exchange file."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.cmdb.models import ConfigurationItem, Relationship, ValueStream
from apps.core.errors import Invalid
from tests.cmdb.conftest import figures

MODEL = (
    '<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" identifier="m"><name>M</name>'
    "<elements>{elements}</elements><relationships>{relationships}</relationships>{rest}</model>"
)


def element(identifier: str, kind: str = "ApplicationComponent", name: str | None = None, inside: str = "") -> str:
    name = identifier if name is None else name
    return f'<element identifier="{identifier}" xsi:type="{kind}"><name xml:lang="en">{name}</name>{inside}</element>'


def tie(identifier: str, kind: str, source: str, target: str) -> str:
    return f'<relationship identifier="{identifier}" source="{source}" target="{target}" xsi:type="{kind}"/>'


def model(*parts: str, rest: str = "") -> str:
    elements = "".join(one for one in parts if one.startswith("<element"))
    relationships = "".join(one for one in parts if one.startswith("<relationship"))
    return MODEL.format(elements=elements, relationships=relationships, rest=rest)


def edges() -> set[tuple[str, str, str]]:
    return set(Relationship.objects.values_list("source__name", "type__slug", "target__name"))


@pytest.fixture
def models(shared_data: Path) -> Path:
    return shared_data / "07-archimate"


@pytest.mark.parametrize(
    ("name", "created", "left_out", "relationships"),
    [
        ("exchange-3.1/Sample1.xml", 2, 0, 1),
        ("exchange-2.1/archisurance.xml", 120, 0, 177),
        ("exchange-2.1/testall.xml", 16, 1, 3),
    ],
)
def test_real_models_import_and_a_second_time_changes_nothing(
    take, models: Path, name: str, created: int, left_out: int, relationships: int
) -> None:
    content = (models / name).read_bytes()
    first = take(content, "archimate")
    assert (first.created, first.skipped_count, first.rejected_count) == (created, left_out, 0)
    assert Relationship.objects.count() == relationships
    second = take(content, "archimate")
    assert (second.created, second.updated, second.unchanged) == (0, 0, created)
    assert second.relationships_created == 0


def test_names_may_stand_twice_and_properties_are_attributes(take, models: Path) -> None:
    take((models / "exchange-2.1" / "archisurance.xml").read_bytes(), "archimate")
    assert ConfigurationItem.objects.filter(name="Firewall").count() == 2
    company = ConfigurationItem.objects.get(identifiers__external_id="id-275")
    assert company.attributes["Property3"] == "Value of Property 3"


def test_what_runs_through_a_junction_is_tied_directly(take) -> None:
    parts = [element("a"), element("b"), element("c"), element("j", "AndJunction", "")]
    ties = [tie("r1", "Flow", "a", "j"), tie("r2", "Flow", "j", "b"), tie("r3", "Flow", "j", "c")]
    run = take(model(*parts, *ties), "archimate")
    assert figures(run) == {"created": 3, "skipped": 1}
    assert edges() == {("b", "depends-on", "a"), ("c", "depends-on", "a")}


def test_junctions_in_a_circle_end(take) -> None:
    parts = [element("a"), element("j", "OrJunction", ""), element("k", "OrJunction", "")]
    ties = [tie("r1", "Flow", "a", "j"), tie("r2", "Flow", "j", "k"), tie("r3", "Flow", "k", "j")]
    take(model(*parts, *ties), "archimate")
    assert edges() == set()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Composition", ("b", "part-of", "a")),
        ("Serving", ("b", "depends-on", "a")),
        ("Access", ("a", "depends-on", "b")),
        ("Realization", ("a", "provides", "b")),
        ("Association", ("a", "relates-to", "b")),
    ],
)
def test_relationships_read_in_the_direction_of_impact(take, kind: str, expected: tuple[str, str, str]) -> None:
    take(model(element("a"), element("b"), tie("r", kind, "a", "b")), "archimate")
    assert edges() == {expected}


def test_a_relationship_that_ends_on_a_relationship_is_left_out_wherever_it_stands(take) -> None:
    ties = [tie("r2", "Association", "a", "r1"), tie("r1", "Serving", "a", "b")]
    run = take(model(element("a"), element("b"), *ties), "archimate")
    assert run.skipped.get().reason == "It ends on another relationship, which is no thing."
    assert edges() == {("b", "depends-on", "a")}


def test_a_value_stream_is_a_value_stream(take) -> None:
    stream = element("v", "ValueStream", "Order to cash")
    run = take(model(element("a"), stream, tie("r", "Serving", "a", "v")), "archimate")
    assert ValueStream.objects.get().slug == "order-to-cash"
    assert "ends on a value stream" in run.skipped.get().reason


def test_each_fault_is_rejected_alone_with_its_place(take) -> None:
    parts = [element("a"), element("a"), element("x", "Spaceship"), element("y", name="")]
    ties = [tie("r1", "Serving", "a", "ghost"), tie("r2", "Teleports", "a", "a"), tie("r3", "Serving", "a", "x")]
    run = take(model(*parts, *ties), "archimate")
    assert figures(run) == {"created": 1, "rejected": 5, "skipped": 1}
    assert [(line.location, line.reason) for line in run.rejected] == [
        ("/model/elements/1", "The identifier “a” stands in the model twice."),
        ("/model/elements/2", "“Spaceship” is not a kind of element."),
        ("/model/elements/3", "The element has no name."),
        ("/model/relationships/0", "It names “ghost”, which is not an element of the model."),
        ("/model/relationships/1", "“Teleports” is not a kind of relationship."),
    ]


def test_what_is_not_the_exchange_format_is_refused_with_a_hint(take, models: Path) -> None:
    with pytest.raises(Invalid, match="Archi's own format.*Open Exchange File"):
        take((models / "archi-native" / "Archisurance.archimate").read_bytes(), "archimate")
    with pytest.raises(Invalid, match="ZIP archive"):
        take(b"PK\x03\x04rest", "archimate")
    with pytest.raises(Invalid, match="must be model of"):
        take("<svg xmlns='http://www.w3.org/2000/svg'/>", "archimate")
    with pytest.raises(Invalid, match="Document types and entities"):
        take("<!DOCTYPE m [<!ENTITY e 'x'>]>" + model(element("a", name="&e;")), "archimate")
    assert not ConfigurationItem.objects.exists()
