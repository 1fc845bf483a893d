"""Bills of materials: every file of the specification's own conformance set, real projects, and damaged ones."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import Invalid, Refusal
from apps.verification.evidence import understand
from apps.verification.evidence.sbom import read_sbom
from tests.conftest import SHARED_DATA

CYCLONEDX = SHARED_DATA / "05a-cyclonedx"
SPDX = SHARED_DATA / "05b-spdx"
PROTON = "bom-examples/SBOM/proton-bridge/proton-bridge-v1.8.0.bom.json"
MINIMAL = {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"type": "library", "name": "left-pad"}]}


def files(folder: Path, pattern: str) -> list:
    found = sorted(folder.glob(pattern)) if folder.is_dir() else []
    return [pytest.param(path, id=str(path.relative_to(folder))) for path in found]


def is_valid(path: Path) -> bool:
    return not path.name.startswith("invalid-")


@pytest.mark.parametrize("path", [*files(CYCLONEDX, "spec/**/*.json"), *files(CYCLONEDX, "bom-examples/**/*.json")])
def test_each_cyclonedx_file_is_accepted_or_refused_as_its_name_says(path):
    if is_valid(path):
        assert understand("sbom", path.read_bytes())["format"] == "cyclonedx"
    else:
        with pytest.raises(Invalid) as refusal:
            understand("sbom", path.read_bytes())
        assert refusal.value.errors[0].detail


@pytest.mark.parametrize("path", files(CYCLONEDX, "spec/**/*.xml"))
def test_xml_is_refused_in_words(path):
    with pytest.raises(Invalid, match="JSON form"):
        read_sbom(path.read_bytes())


@pytest.mark.parametrize("path", files(SPDX, "*[SB]*"))
def test_each_spdx_file_names_its_product(path):
    if path.name == "SOURCE.md":
        return
    sbom = read_sbom(path.read_bytes())
    assert (sbom.format, bool(sbom.root and sbom.root.name), len(sbom.things) > 0) == ("SPDX", True, True)


@pytest.mark.parametrize(
    ("name", "label", "digests"),
    [
        ("SPDXJSONExample-v2.3.spdx.json", "glibc 2.11.1", 1),
        ("SPDXTagExample-v2.3.spdx", "glibc 2.11.1", 1),
        ("SPDXJSONExample-UTF-16.spdx.json", "glibc 2.11.1", 1),
        ("ControlCharacters.spdx.json", "go1.16.4.linux-amd64 1.16.4", 1),
        ("software__example9__spdx2.2__appbomination.spdx.json", "App-BOM-ination 1.0", 0),
        ("software__example14__content__examplemaven-0.0.1.spdx3.json", "examplemaven 0.0.1", 0),
        ("presentations__OSS-NA-2023__SPDXVersion2.3__01-MinimalSBOM.json", "tools-java 1.5.1", 0),
    ],
)
def test_spdx_products_in_every_form(shared_data, name, label, digests):
    sbom = read_sbom((shared_data / "05b-spdx" / name).read_bytes())
    assert (sbom.root.label, len(sbom.root.digests)) == (label, digests)


def test_the_json_and_the_tag_value_form_say_the_same(shared_data):
    as_json = read_sbom((shared_data / "05b-spdx/SPDXJSONExample-v2.3.spdx.json").read_bytes())
    as_tags = read_sbom((shared_data / "05b-spdx/SPDXTagExample-v2.3.spdx").read_bytes())
    assert {thing.label for thing in as_json.things} == {thing.label for thing in as_tags.things}


def test_what_is_understood_of_a_real_bill_of_materials(shared_data):
    understood = understand("sbom", (shared_data / "05a-cyclonedx" / PROTON).read_bytes())
    assert understood["subject"] == {
        "name": "github.com/ProtonMail/proton-bridge",
        "version": "v1.8.0",
        "purl": "pkg:golang/github.com/ProtonMail/proton-bridge@v1.8.0",
        "digests": [],
    }
    assert understood["components"] == 201
    assert understood["summary"] == (
        "CycloneDX 1.2 of github.com/ProtonMail/proton-bridge v1.8.0, listing 201 components"
    )


@pytest.mark.parametrize(
    ("damage", "pointer"),
    [
        ({"bomFormat": "Other"}, "/bomFormat"),
        ({"specVersion": "9.9"}, "/specVersion"),
        ({"specVersion": 1.5}, "/specVersion"),
        ({"components": [{"type": "library"}]}, "/components/0"),
        ({"components": [{"type": "spaceship", "name": "x"}]}, "/components/0/type"),
        ({"components": [{"type": "library", "name": "x", "scope": "maybe"}]}, "/components/0/scope"),
        ({"dependencies": [{"ref": "nowhere"}]}, "/dependencies/0"),
    ],
)
def test_a_fault_is_named_with_its_place(damage, pointer):
    understand("sbom", json.dumps(MINIMAL).encode())
    with pytest.raises(Invalid) as refusal:
        understand("sbom", json.dumps({**MINIMAL, **damage}).encode())
    assert refusal.value.errors[0].pointer == pointer


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"{", "malformed_json"),
        (b"\xff\xfe\x00", "malformed_json"),
        (b"[1]", "not_an_object"),
        (b"{}", "unknown_format"),
        (b'{"a": NaN}', "malformed_json"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "too_deep"),
        (b'{"a":' * 200_000, "too_deep"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "malformed_json"),
    ],
)
def test_what_is_no_document_at_all_is_refused_in_words(content, code):
    with pytest.raises(Invalid) as refusal:
        understand("sbom", content)
    assert refusal.value.errors[0].code == code


def test_what_is_kept_fits_every_database():
    hostile = {**MINIMAL, "metadata": {"component": {"type": "library", "name": "a\x00b\ud800c" + "x" * 5000}}}
    kept = understand("sbom", json.dumps(hostile).encode())
    name = kept["subject"]["name"]
    assert name.startswith("a\ufffdb\ufffdcx")
    assert len(name) == 500
    json.dumps(kept, ensure_ascii=False).encode("utf-8")


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_flipped_byte_is_read_or_refused_but_never_breaks(place, byte):
    content = bytearray(json.dumps(MINIMAL).encode())
    content[place % len(content)] = byte
    with suppress(Refusal):
        understand("sbom", bytes(content))


@given(st.integers(0, 2000))
def test_a_document_cut_short_is_refused(length):
    whole = json.dumps({**MINIMAL, "components": MINIMAL["components"] * 40}).encode()
    with pytest.raises(Refusal):
        understand("sbom", whole[: length % len(whole)])
