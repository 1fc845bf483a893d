"""SPDX documents: the reference examples, real ones, and each way in which one can be at fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.cmdb.formats.records import Rejected
from apps.cmdb.formats.spdx import read_spdx
from apps.cmdb.models import ConfigurationItem, Relationship
from apps.core.errors import Invalid

FILES = {
    # file: (packages taken, left out because they are the same package, relationships between packages)
    "SPDXJSONExample-v2.3.spdx.json": (4, 0, {("glibc", "depends-on", "Saxon")}),
    "SPDXJSONExample-UTF-16.spdx.json": (4, 0, {("glibc", "depends-on", "Saxon")}),
    "ControlCharacters.spdx.json": (2, 0, set()),
    "software__example10__spdx2.3__hello-source.spdx.json": (1, 0, set()),
    "presentations__OSS-NA-2023__SPDXVersion2.3__01-MinimalSBOM.json": (1, 0, set()),
    "presentations__OSS-NA-2023__SPDXVersion2.3__03-SBOMwDependency.json": (
        2,
        0,
        {("tools-java", "depends-on", "xlsx")},
    ),
}
SPDX_3 = (
    "dataset__example01__spdx3.0__example01.spdx3.json",
    "software__example10__spdx3.0__hello-source.spdx3.json",
    "software__example14__content__examplemaven-0.0.1.spdx3.json",
)


@pytest.fixture
def spdx_files(shared_data: Path) -> Path:
    return shared_data / "05b-spdx"


def edges() -> set[tuple[str, str, str]]:
    return set(Relationship.objects.values_list("source__name", "type__slug", "target__name"))


@pytest.mark.parametrize("name", FILES)
def test_a_real_document_imports_and_a_second_time_changes_nothing(take, spdx_files: Path, name: str) -> None:
    content = (spdx_files / name).read_bytes()
    taken, merged, expected = FILES[name]

    first = take(content, "spdx")
    assert (first.created, first.rejected_count) == (taken, 0)
    assert sum("same package" in line.reason for line in first.skipped) == merged
    assert expected <= edges()

    second = take(content, "spdx")
    assert (second.created, second.updated, second.unchanged) == (0, 0, taken)
    assert second.relationships_created == 0


def test_dependencies_and_containment_are_read_in_their_direction(take, spdx_files: Path) -> None:
    run = take((spdx_files / "software__example9__spdx2.2__appbomination.spdx.json").read_bytes(), "spdx")
    assert (run.created, run.rejected_count) == (7, 0)
    document = json.loads((spdx_files / "software__example9__spdx2.2__appbomination.spdx.json").read_bytes())
    names = {one["SPDXID"]: one["name"] for one in document["packages"]}
    between = [
        (names[one["spdxElementId"]], one["relationshipType"], names[one["relatedSpdxElement"]])
        for one in document["relationships"]
        if one["spdxElementId"] in names and one["relatedSpdxElement"] in names
    ]
    needed = {(second, "depends-on", first) for first, kind, second in between if kind == "DEPENDENCY_OF"}
    held = {(first, "part-of", second) for first, kind, second in between if kind == "CONTAINED_BY"}
    assert needed or held
    assert edges() == needed | held


def test_the_files_inside_a_package_are_no_items(take, spdx_files: Path) -> None:
    take((spdx_files / "SPDXJSONExample-v2.3.spdx.json").read_bytes(), "spdx")
    names = set(ConfigurationItem.objects.values_list("name", flat=True))
    assert names == {"glibc", "Apache Commons Lang", "Jena", "Saxon"}
    glibc = ConfigurationItem.objects.get(name="glibc")
    assert glibc.attributes["version"] == "2.11.1"
    assert glibc.attributes["licenses"] == ["(LGPL-2.0-only OR LicenseRef-3)"]
    assert glibc.attributes["cpe"].startswith("cpe:2.3:a:pivotal_software")


@pytest.mark.parametrize("name", SPDX_3)
def test_spdx_3_is_refused_with_the_way_out(take, spdx_files: Path, name: str) -> None:
    with pytest.raises(Invalid, match=r"SPDX 3.*2\.3 JSON"):
        take((spdx_files / name).read_bytes(), "spdx")
    assert not ConfigurationItem.objects.exists()


def test_tag_values_are_not_json_and_are_told_where(take, spdx_files: Path) -> None:
    with pytest.raises(Invalid, match="line 1"):
        take((spdx_files / "SPDXTagExample-v2.3.spdx").read_bytes(), "spdx")


def document(*packages: object, relationships: object = (), **header: object) -> bytes:
    whole = {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "packages": packages, **header}
    return json.dumps({**whole, "relationships": relationships}).encode()


def package(name: str, /, **fields: object) -> dict[str, object]:
    return {"SPDXID": f"SPDXRef-{name}", "name": name, "downloadLocation": "NOASSERTION", **fields}


@pytest.mark.parametrize(
    ("faulty", "said"),
    [
        ("text", "must be an object"),
        (package("a", SPDXID="a"), "SPDXID must be"),
        (package("a", SPDXID=None), "SPDXID must be"),
        (package("a", name=" "), "name is missing"),
        (package("a", downloadLocation=None), "downloadLocation is missing"),
        (package("a", versionInfo=1), "versionInfo must be a text"),
        (package("a", checksums="x"), "checksums must be a list"),
        (package("a", checksums=[{"algorithm": "SHA256"}]), "checksumValue is missing"),
        (package("a", checksums=[{"algorithm": "SHA256", "checksumValue": "xyz"}]), "not hexadecimal"),
        (package("a", externalRefs=[{"referenceType": "purl"}]), "referenceCategory is missing"),
        (package("good"), "stands in the document twice"),
    ],
)
def test_a_faulty_package_is_refused_and_the_others_stand(take, faulty: object, said: str) -> None:
    run = take(document(package("good"), faulty), "spdx")
    assert (run.created, run.rejected_count) == (1, 1)
    line = run.rejected.get()
    assert said in line.reason
    assert line.location == "/packages/1"


@pytest.mark.parametrize(
    ("relation", "said"),
    [
        ({"spdxElementId": "SPDXRef-a"}, "A relationship has"),
        (
            {"spdxElementId": "SPDXRef-a", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-gone"},
            "“SPDXRef-gone”, which is not in the document",
        ),
    ],
)
def test_a_faulty_relationship_is_refused_with_its_place(take, relation: object, said: str) -> None:
    run = take(document(package("a"), relationships=[relation]), "spdx")
    assert said in run.rejected.get().reason
    assert run.rejected.get().location == "/relationships/0"


def test_a_relationship_without_meaning_here_is_left_out_and_said(take) -> None:
    relation = {"spdxElementId": "SPDXRef-a", "relationshipType": "COPY_OF", "relatedSpdxElement": "SPDXRef-b"}
    run = take(document(package("a"), package("b"), relationships=[relation]), "spdx")
    assert "COPY_OF" in run.skipped.get().reason
    assert edges() == set()


def test_several_versions_of_one_package_are_one_item(take) -> None:
    old, new = (
        package(
            f"pad{version}",
            versionInfo=version,
            externalRefs=[
                {
                    "referenceCategory": "PACKAGE-MANAGER",
                    "referenceType": "purl",
                    "referenceLocator": f"pkg:npm/left-pad@{version}",
                }
            ],
        )
        for version in ("1.2.0", "1.3.0")
    )
    run = take(document(old, new), "spdx")
    assert (run.created, run.skipped_count) == (1, 1)
    assert ConfigurationItem.objects.get().attributes["versions"] == ["1.2.0", "1.3.0"]


@pytest.mark.parametrize(
    ("header", "place"),
    [({"spdxVersion": "SPDX-9"}, "/spdxVersion"), ({"SPDXID": "x"}, "/SPDXID"), ({"files": {}}, "/files")],
)
def test_what_is_no_spdx_document_is_refused_whole(take, header: dict[str, object], place: str) -> None:
    with pytest.raises(Invalid) as refusal:
        take(document(package("a"), **header), "spdx")
    assert refusal.value.errors[0].pointer == place


@given(data=st.data())
def test_a_cut_or_bent_document_is_never_a_fault_of_ours(data: st.DataObject) -> None:
    whole = bytearray(document(package("a", versionInfo="1"), package("b"), relationships=[]))
    position = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        del whole[position:]
    else:
        whole[position] ^= 1 << data.draw(st.integers(0, 7))
    try:
        assert all(one.reason for one in read_spdx(bytes(whole)) if isinstance(one, Rejected))
    except Invalid as refusal:
        assert refusal.errors[0].detail
