"""The attributes of a type by rows: what they stand for, who may edit them, what is refused, and what is left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.cmdb import actions
from apps.cmdb.described import KINDS, NUMBERS, Attribute, Description, description_of, schema_of
from apps.cmdb.models import CIType, ConfigurationItem, RelationshipType
from apps.cmdb.models.attributes import check_schema, faults_of
from tests.people import SYSTEM, person

SIMPLE = [
    Attribute("tier", "choice", "Tier", "How much it matters.", True, ("gold", "silver")),
    Attribute("cores", "whole_number", minimum=1),
]
BEYOND = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^x"}}}
words = st.text(st.characters(categories=("L",)), max_size=8)
limits = st.one_of(st.none(), st.integers(-9, 9))


@st.composite
def attributes(draw: Any) -> Attribute:
    kind = draw(st.sampled_from(sorted(KINDS)))
    choices = draw(st.lists(words.filter(bool), min_size=1, max_size=3, unique=True)) if kind == "choice" else []
    least, most = (draw(limits), draw(limits)) if kind in NUMBERS else (None, None)
    return Attribute(
        draw(st.from_regex(r"[a-z]{1,6}", fullmatch=True)), kind, draw(words), draw(words), draw(st.booleans()),
        tuple(choices), least, most,
    )  # fmt: skip


@settings(max_examples=60)
@given(st.lists(attributes(), max_size=5, unique_by=lambda one: one.name), st.booleans())
def test_rows_survive_the_schema_that_they_stand_for(rows: list[Attribute], closed: bool) -> None:
    schema = schema_of(rows, closed=closed)
    check_schema(schema)
    assert description_of(schema) == Description(tuple(rows), closed)


@pytest.mark.parametrize(
    "schema",
    [
        BEYOND,
        {"type": "object", "properties": {"a": {"type": ["string", "null"]}}},
        {"type": "object", "properties": {"a": {"enum": [1, 2]}}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "minProperties": 1},
        {"type": "object", "properties": {"a": True}},
        {"type": "object", "properties": {}, "required": ["a"]},
        {"allOf": [{"type": "object"}]},
    ],
)
def test_what_rows_cannot_say_is_not_described(schema: dict) -> None:
    assert description_of(schema) is None


def test_a_schema_of_rows_judges_items() -> None:
    schema = schema_of(SIMPLE, closed=True)
    assert faults_of({"tier": "gold", "cores": 2}, schema) == []
    assert len(faults_of({"tier": "lead", "cores": 0, "other": 1}, schema)) == 3
    assert faults_of({}, schema) == ["'tier' is a required property"]


def client(name: str) -> Client:
    known = Client()
    known.force_login(person(name))
    return known


def entries(ci_type: CIType, *rows: dict[str, Any], **about: Any) -> dict[str, Any]:
    usual = {"kind": "text"}
    sent = {f"rows-{n}-{name}": value for n, row in enumerate(rows) for name, value in {**usual, **row}.items()}
    head = {"rows-TOTAL_FORMS": len(rows), "rows-INITIAL_FORMS": 0, "about-record_version": ci_type.version}
    return {**head, **sent, **about}


@pytest.fixture
def kind(db: None) -> CIType:
    return actions.create_ci_type(slug="vessel", name="Vessel", by=SYSTEM)


def address(ci_type: CIType) -> str:
    return f"/admin/cmdb/citype/{ci_type.pk}/attributes/"


def schema(ci_type: CIType) -> dict[str, Any]:
    return CIType.objects.get(pk=ci_type.pk).attribute_schema


def test_rows_are_saved_as_a_schema(kind: CIType) -> None:
    rows = (
        {"name": "flag", "title": "Flag", "kind": "choice", "choices": "DE\nSE\n\nDE", "required": "on"},
        {"name": "decks", "kind": "whole_number", "minimum": "1"},
    )
    assert client("rosa").post(address(kind), entries(kind, *rows)).status_code == 302
    assert schema(kind) == {
        "type": "object",
        "properties": {
            "flag": {"type": "string", "title": "Flag", "enum": ["DE", "SE"]},
            "decks": {"type": "integer", "minimum": 1},
        },
        "required": ["flag"],
    }


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (({"name": "a"}, {"name": "a"}), "Another row has this name."),
        (({"name": "a", "kind": "choice"},), "Say what there is to choose from."),
        (({"name": "a", "kind": "number", "minimum": "2", "maximum": "1"},), "This is less than the least."),
        (({"name": "1 a"},), "A letter first"),
    ],
)
def test_a_bad_row_is_refused_with_its_reason_and_nothing_is_kept(kind: CIType, rows: tuple, said: str) -> None:
    answer = client("rosa").post(address(kind), entries(kind, {"name": "fine"}, *rows))
    assert (answer.status_code, said in answer.content.decode()) == (400, True)
    assert schema(kind) == {}


def test_rows_of_an_older_page_are_refused(kind: CIType) -> None:
    sent = entries(kind, {"name": "a"})
    actions.change_ci_type(ci_type=kind, description="Changed meanwhile.", by=SYSTEM)
    answer = client("rosa").post(address(kind), sent)
    assert (answer.status_code, b"Somebody else changed this type" in answer.content) == (412, True)
    assert schema(kind) == {}


@pytest.mark.parametrize("name", ["audrey", "carl", "adam"])
def test_who_may_not_edit_types_sees_the_attributes_only(kind: CIType, name: str) -> None:
    actions.change_ci_type(ci_type=kind, attribute_schema=schema_of(SIMPLE), by=SYSTEM)
    page = client(name).get(f"/admin/cmdb/citype/{kind.pk}/change/").content.decode()
    assert "Tier" in page
    assert "gold, silver" in page
    assert 'name="rows-0-name"' not in page
    assert client(name).post(address(kind), entries(kind, {"name": "a"})).status_code == 403


def test_a_schema_beyond_rows_is_left_alone(kind: CIType) -> None:
    kind = actions.change_ci_type(ci_type=kind, attribute_schema=BEYOND, by=SYSTEM)
    rosa = client("rosa")
    assert b"says more than rows can show" in rosa.get(f"/admin/cmdb/citype/{kind.pk}/change/").content
    assert rosa.post(address(kind), entries(kind, {"name": "a"})).status_code == 302
    assert schema(kind) == BEYOND


def test_items_that_do_not_fit_are_counted_and_named(kind: CIType) -> None:
    actions.create_ci(key="hulk", name="Hulk", ci_type=kind, attributes={"cores": 0}, by=SYSTEM)
    kind = actions.change_ci_type(ci_type=kind, attribute_schema=schema_of(SIMPLE), by=SYSTEM)
    page = client("rosa").get(f"/admin/cmdb/citype/{kind.pk}/change/").content.decode()
    assert "1 item does not keep to these attributes" in page
    assert "Hulk" in page


def test_an_item_shows_its_attributes_by_their_titles(kind: CIType) -> None:
    kind = actions.change_ci_type(ci_type=kind, attribute_schema=schema_of(SIMPLE), by=SYSTEM)
    ci = actions.create_ci(key="aurora", name="Aurora", ci_type=kind, attributes={"tier": "gold"}, by=SYSTEM)
    assert "Tier<span" in client("audrey").get(f"/admin/cmdb/configurationitem/{ci.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("slug", "said"),
    [("depends-on", "A is affected"), ("part-of", "B is affected"), ("relates-to", "does not follow it")],
)
def test_a_type_of_relationships_says_what_it_means(db: None, slug: str, said: str) -> None:
    kind = RelationshipType.objects.get(slug=slug)
    page = client("audrey").get(f"/admin/cmdb/relationshiptype/{kind.pk}/change/").content.decode()
    assert said in page
    assert "0 relationships are of this type" in page


# --- the item's own form ----------------------------------------------------------------------------------------------

EVERY = [
    Attribute("note", "text", "Note"),
    Attribute("load", "number", minimum=0),
    Attribute("cores", "whole_number", "Cores", required=True),
    Attribute("spare", "yes_no"),
    Attribute("bought", "date"),
    Attribute("seen", "moment"),
    Attribute("page", "address"),
    Attribute("tier", "choice", choices=("gold", "silver")),
    Attribute("tags", "texts"),
]
FILLED = {
    "note": "In the hull.", "load": "0.5", "cores": "8", "spare": "false", "bought": "2026-02-03",
    "seen": "2026-02-03 10:00", "page": "https://nordlicht.example/a", "tier": "gold", "tags": "a\n b \n",
}  # fmt: skip


@pytest.fixture
def item(kind: CIType) -> ConfigurationItem:
    kind = actions.change_ci_type(ci_type=kind, attribute_schema=schema_of(EVERY), by=SYSTEM)
    kept = {"cores": 4, "maker": "Meyer"}
    return actions.create_ci(key="aurora", name="Aurora", ci_type=kind, attributes=kept, by=SYSTEM)


def form(item: ConfigurationItem, **attributes: str) -> dict[str, Any]:
    typed = {f"attribute__{name}": value for name, value in attributes.items()}
    own = {"name": "Aurora", "ci_type": item.ci_type_id, "lifecycle": "live", "criticality": item.criticality}
    return {**own, "attributes": json.dumps(item.attributes), "record_version": item.version, **typed}


def save(item: ConfigurationItem, **attributes: str) -> Any:
    return client("rosa").post(f"/admin/cmdb/configurationitem/{item.pk}/change/", form(item, **attributes))


def kept(item: ConfigurationItem) -> dict[str, Any]:
    return ConfigurationItem.objects.get(pk=item.pk).attributes


def test_every_kind_of_attribute_is_a_field_of_the_item(item: ConfigurationItem) -> None:
    answer = save(item, **FILLED)
    assert answer.status_code == 302, answer.content.decode()
    assert kept(item) == {
        "maker": "Meyer", "note": "In the hull.", "load": 0.5, "cores": 8, "spare": False, "bought": "2026-02-03",
        "seen": "2026-02-03T10:00:00+00:00", "page": "https://nordlicht.example/a", "tier": "gold", "tags": ["a", "b"],
    }  # fmt: skip
    again = ConfigurationItem.objects.get(pk=item.pk)
    shown = client("rosa").get(f"/admin/cmdb/configurationitem/{item.pk}/change/?tab=form").content.decode()
    assert 'value="2026-02-03"' in shown
    assert save(again, **FILLED).status_code == 302
    assert ConfigurationItem.objects.get(pk=item.pk).version == again.version  # nothing differs, nothing is written


def test_an_emptied_field_takes_the_attribute_away(item: ConfigurationItem) -> None:
    save(item, **FILLED)
    again = ConfigurationItem.objects.get(pk=item.pk)
    assert save(again, cores="8").status_code == 302
    assert kept(item) == {"cores": 8, "maker": "Meyer"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"cores": ""}, "This field is required."),
        ({"cores": "many"}, "Enter a whole number."),
        ({"cores": "8", "load": "-1"}, "greater than or equal to 0"),
        ({"cores": "8", "bought": "soon"}, "Enter a valid date."),
        ({"cores": "8", "tier": "lead"}, "Select a valid choice."),
    ],
)
def test_what_does_not_fit_is_refused_beside_its_field(item: ConfigurationItem, wrong: dict, said: str) -> None:
    answer = save(item, **wrong)
    assert (answer.status_code, said in answer.content.decode()) == (200, True)
    assert kept(item) == {"cores": 4, "maker": "Meyer"}


def test_who_may_not_change_items_is_shown_no_fields(item: ConfigurationItem) -> None:
    page = client("audrey").get(f"/admin/cmdb/configurationitem/{item.pk}/change/?tab=form")
    assert (page.status_code, b"attribute__" in page.content) == (200, False)
