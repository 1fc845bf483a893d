"""CSV and XLSX by a saved column mapping: real exports, every way to be at fault, and the way back."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from apps.cmdb import actions
from apps.cmdb.formats.columns import Column, Layout
from apps.cmdb.formats.records import Record, Rejected
from apps.cmdb.formats.tables import read_csv, read_xlsx
from apps.cmdb.models import ColumnMapping, ConfigurationItem, Relationship
from apps.core.admin.export import lines_of
from apps.core.errors import Invalid, NotPermitted
from apps.core.models import AuditEntry
from tests.core.api.conftest import Caller
from tests.people import SYSTEM, acting, person

HOSTS = (
    {"meaning": "identity", "header": "id"},
    {"meaning": "name", "header": "name"},
    {"meaning": "ci_type", "fallback": "host"},
)
HOSTS_READ = tuple(Column(**one) for one in HOSTS)
LAYOUT = Layout(
    columns=(
        Column("identity", header="id"),
        Column("name", header="name"),
        Column("ci_type", header="type", fallback="host", values={"vm": "host"}),
        Column("criticality", header="tier"),
        Column("release_managed", header="managed"),
        Column("relationship", header="needs", target="depends-on", separator="|"),
        Column("attribute", header="rack", target="rack"),
    )
)


@pytest.fixture
def mapping(db: None) -> Callable[..., ColumnMapping]:
    def make(*columns: dict, **fields: object) -> ColumnMapping:
        return actions.create_mapping(slug="map", name="Map", columns=columns, by=SYSTEM, **fields)

    return make


@pytest.fixture
def tables(shared_data: Path) -> Path:
    return shared_data / "08-cmdb"


def read(text: str, layout: Layout = LAYOUT) -> list:
    return list(read_csv(text.encode(), layout))


REAL = {
    "ralph/warehouses.csv": (HOSTS, ["Poznań", "Warszawa", "Kraków,"]),
    "ralph/warehouses_semicolon.csv": (HOSTS, ["London", "Zakopane", "Berlin"]),
    "ralph/regions.csv": (
        (*HOSTS, {"meaning": "attribute", "header": "users", "target": "users", "separator": ","}),
        ["USA", "UK"],
    ),
    "ralph/back_office_assets.csv": (
        (
            {"meaning": "identity", "header": "id"},
            {"meaning": "name", "header": "sn"},
            {"meaning": "ci_type", "fallback": "host"},
            {"meaning": "relationship_of", "header": "service_env", "target": "depends-on", "separator": "|"},
        ),
        ["bo_asset_sn", "bo_asset_sn2"],
    ),
}


@pytest.mark.parametrize("name", REAL)
def test_real_exports_import_and_a_second_time_changes_nothing(take, mapping, tables: Path, name: str) -> None:
    columns, names = REAL[name]
    mapping(*columns)
    content = (tables / name).read_bytes()

    first = take(content, "csv", mapping="map")
    assert (first.created, first.rejected_count, first.mapping) == (len(names), 0, "map")
    assert sorted(ConfigurationItem.objects.values_list("name", flat=True)) == sorted(names)

    second = take(content, "csv", mapping="map")
    assert (second.created, second.updated, second.unchanged) == (0, 0, len(names))


def test_several_references_in_one_cell(take, mapping, tables: Path) -> None:
    mapping(*REAL["ralph/back_office_assets.csv"][0])
    run = take((tables / "ralph/back_office_assets.csv").read_bytes(), "csv", mapping="map")
    assert run.unresolved == 4  # two assets, each with service_1 and environment_1, which nobody has brought yet


def test_a_list_inside_a_cell_is_an_attribute_of_several(take, mapping, tables: Path) -> None:
    mapping(*REAL["ralph/regions.csv"][0])
    take((tables / "ralph/regions.csv").read_bytes(), "csv", mapping="map")
    assert ConfigurationItem.objects.get(name="USA").attributes["users"] == ["iron.man", "superman", "batman"]


def test_fifty_columns_and_no_id(take, mapping, tables: Path) -> None:
    mapping(
        {"meaning": "identity", "header": "id"},
        {"meaning": "name", "header": "hostname"},
        {"meaning": "ci_type", "fallback": "host"},
    )
    run = take((tables / "ralph/management_ip_blank.csv").read_bytes(), "csv", mapping="map")
    assert (run.created, run.rejected_count) == (0, 1)
    assert "“id” is empty" in run.rejected.get().reason
    assert run.rejected.get().location == "line 2"


ARCHI = (
    {"meaning": "identity", "header": "ID"},
    {"meaning": "name", "header": "Name"},
    {"meaning": "description", "header": "Documentation"},
    {"meaning": "ci_type", "fallback": "business-element"},
    {"meaning": "attribute", "header": "Type", "target": "element"},
)


def test_cells_with_line_breaks_and_quotes_and_an_update_by_identity(take, mapping, tables: Path) -> None:
    mapping(*ARCHI)
    take((tables / "archi-csv/test1-elements.csv").read_bytes(), "csv", mapping="map")
    model = ConfigurationItem.objects.get(identifiers__external_id="862677a6")
    assert 'some "quotes"' in model.description or '"some" quotes' in model.description
    assert "\n" in model.description

    run = take((tables / "archi-csv/test2-elements.csv").read_bytes(), "csv", mapping="map")
    assert (run.created, run.rejected_count) == (0, 0)
    assert run.updated > 0


def test_a_workbook_reads_like_the_table_it_is(take, mapping) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "Hosts"
    for row in (["id", "name"], [1, "alpha"], [None, None], [2.0, "beta"], [True, "gamma"]):
        sheet.append(row)
    book.create_sheet("Other")
    stream = io.BytesIO()
    book.save(stream)
    mapping(*HOSTS, sheet="Hosts")

    run = take(stream.getvalue(), "xlsx", mapping="map")
    assert (run.created, run.rejected_count) == (3, 0)
    assert set(ConfigurationItem.objects.values_list("identifiers__external_id", flat=True)) == {"1", "2", "true"}
    assert take(stream.getvalue(), "xlsx", mapping="map").unchanged == 3


def test_relationships_come_from_cells(take, mapping) -> None:
    mapping(*HOSTS, {"meaning": "relationship", "header": "needs", "target": "depends-on", "separator": "|"})
    run = take("id,name,needs\na,A,b|c\nb,B,\nc,C,\n", "csv", mapping="map")
    assert run.relationships_created == 2
    again = take("id,name,needs\na,A,b\nb,B,\nc,C,\n", "csv", mapping="map")
    assert again.relationships_missing == 1
    assert Relationship.objects.filter(missing_since__isnull=True).count() == 1


@pytest.mark.parametrize(
    ("row", "said", "place"),
    [
        (",x,vm,1,yes,,", "“id” is empty", "line 3"),
        ("a,x,vm,high,yes,,", "criticality must be a whole number, not “high”", "line 3"),
        ("a,x,vm,1,perhaps,,", "release_managed must be yes or no", "line 3"),
        ("a,x,vm,1,yes,,,one too many", "It has 8 cells, the row of headers has 7", "line 3"),
        ("good,x,vm,1,yes,,", "stands in the file twice; the first one (line 2) counts", "line 3"),
    ],
)
def test_a_faulty_row_is_refused_with_its_place_and_the_others_stand(row: str, said: str, place: str) -> None:
    good, bad = read(f"id,name,type,tier,managed,needs,rack\ngood,x,vm,1,yes,,\n{row}\n")
    assert isinstance(good, Record)
    assert isinstance(bad, Rejected)
    assert said in bad.reason
    assert bad.location == place


def test_words_stand_for_values_and_an_empty_cell_has_its_fallback() -> None:
    one, two = read("id,name,type,tier,managed,needs,rack\na,A,vm,,,,\nb,B,,2,NO,a,R1\n")
    assert (one.ci_type, one.criticality, one.release_managed, one.attributes) == ("host", None, None, {})
    assert (two.ci_type, two.criticality, two.release_managed, two.attributes) == ("host", 2, False, {"rack": "R1"})


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiters_line_ends_and_encodings_are_found(delimiter: str, ending: str, encoding: str) -> None:
    layout = Layout(columns=(Column("identity", header="id"), Column("ci_type", fallback="host")))
    text = ending.join([f"id{delimiter}x", f'"a{ending}ä"{delimiter}1', f"b{delimiter}2", ""])
    items = list(read_csv(text.encode(encoding), layout))
    assert [one.identity for one in items] == [f"a{ending}ä", "b"]
    assert [one.location for one in items] == ["line 2", "line 4"]


def test_comments_between_rows_are_left_out_but_not_inside_quotes() -> None:
    layout = Layout(columns=(Column("identity", header="id"), Column("ci_type", fallback="host")), comment="#")
    items = list(
        read_csv(b'# export of today\nid,x\n# a comment, "with a quote\na,"1\n# not a comment"\nb,2\n', layout)
    )
    assert [(one.identity, one.location) for one in items] == [("a", "line 4"), ("b", "line 6")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"id,name\n", "does not have"),
        (b"id,id,name,name,x\n", "same header: “id”, “name”"),
        (b'id,name,type,tier,managed,needs,rack\n"a"b,c\n', "line 2"),
        (b"id,name,type,tier,managed,needs,rack\n\xff\xfea", "byte 37"),
    ],
)
def test_what_is_no_table_is_refused_whole_with_its_place(content: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        list(read_csv(content, LAYOUT))


def test_what_is_no_workbook_is_refused(take, mapping) -> None:
    mapping(*HOSTS)
    with pytest.raises(Invalid, match="not an XLSX workbook"):
        take(b"PK\x03\x04 but no more", "xlsx", mapping="map")


@pytest.mark.parametrize(("name", "said"), [("", "name one. Known: map"), ("other", "There is no column mapping")])
def test_a_table_needs_its_mapping(take, mapping, name: str, said: str) -> None:
    mapping(*HOSTS)
    with pytest.raises(Invalid, match=said):
        take("id,name\na,A\n", "csv", mapping=name)
    assert not ConfigurationItem.objects.exists()


@pytest.mark.parametrize(
    ("column", "pointer"),
    [
        ({"meaning": "attribute", "header": "x"}, "target"),
        ({"meaning": "name"}, "header"),
        ({"meaning": "wrong", "header": "x"}, "meaning"),
        ({"meaning": "name", "header": "x", "values": {"a": 1}}, "values"),
    ],
)
def test_a_column_must_mean_something(mapping, column: dict, pointer: str) -> None:
    with pytest.raises(Invalid) as refusal:
        mapping(column)
    assert pointer in refusal.value.errors[0].pointer
    assert not ColumnMapping.objects.exists()


def test_columns_are_replaced_together_and_leave_a_trail(mapping) -> None:
    made = mapping(*HOSTS)
    actions.change_mapping(mapping=made, columns=[HOSTS[0], HOSTS[2]], by=SYSTEM)
    assert list(made.columns.values_list("meaning", flat=True)) == ["identity", "ci_type"]
    assert AuditEntry.objects.filter(event="cmdb.mappedcolumn.remove").count() == 3


def test_only_those_who_draw_the_map_save_mappings(db: None) -> None:
    with pytest.raises(NotPermitted):
        actions.create_mapping(slug="x", name="X", columns=HOSTS, by=acting("audrey"))


def test_what_a_list_page_exported_is_read_as_it_was() -> None:
    header, row = lines_of(["id", "name"], [["a", "=1+1"]])
    assert row.startswith("a,'=1+1")
    (item,) = read_csv((header + row).encode(), Layout(columns=HOSTS_READ))
    assert item.name == "=1+1"


def workbook(*rows: list[object]) -> bytes:
    book, stream = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(stream)
    return stream.getvalue()


WORKBOOK = workbook(["id", "name", "type", "tier", "managed", "needs", "rack"])


@given(data=st.data())
def test_a_cut_or_bent_table_is_never_a_fault_of_ours(data: st.DataObject) -> None:
    whole, reader = data.draw(
        st.sampled_from(
            [
                (b'id,name,type,tier,managed,needs,rack\na,"A\n",vm,1,yes,b|c,R\n', read_csv),
                (WORKBOOK, read_xlsx),
            ]
        )
    )
    bent = bytearray(whole)
    position = data.draw(st.integers(0, len(bent) - 1))
    if data.draw(st.booleans()):
        del bent[position:]
    else:
        bent[position] ^= 1 << data.draw(st.integers(0, 7))
    try:
        list(reader(bytes(bent), LAYOUT))
    except Invalid as refusal:
        assert refusal.errors[0].detail


def test_the_api_saves_a_mapping_and_reads_a_table_by_it(db: None) -> None:
    ivan = Caller(person("ivan"))
    made = ivan("post", "column-mappings/", {"slug": "racks", "name": "Racks", "columns": [*HOSTS]})
    assert made.status_code == 201, made.content
    assert [one["meaning"] for one in made.json()["columns"]] == ["identity", "name", "ci_type"]

    asked = "imports/?source=dc&format=csv&mapping=racks&filename=racks.csv"
    run = ivan("post", asked, b"id,name\n1,alpha\n", Content_Type="text/csv")
    assert (run.status_code, run.json()["created"], run.json()["mapping"]) == (201, 1, "racks")

    refused = ivan("post", asked.replace("racks&", "no&"), b"id\n", Content_Type="text/csv")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "?mapping")


def test_a_faulty_column_leaves_the_mapping_as_it_was(mapping) -> None:
    mapping(*HOSTS)
    answer = Caller(person("ivan"))("patch", "column-mappings/map/", {"columns": [{"meaning": "name"}]})
    assert answer.status_code == 400
    assert ColumnMapping.objects.get().columns.count() == 3
