"""Files that were cut, bent or stuffed on their way: whatever arrives, a reader answers in words or takes the records."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.cmdb.formats import READERS
from apps.cmdb.formats.columns import Column, Layout
from apps.cmdb.formats.records import Extra, Links, Record, Rejected, Skipped
from apps.cmdb.formats.tables import read_csv
from apps.core.errors import Invalid

NOTE = json.dumps({"key": "shop", "ci_type": "service", "value_streams": ["orders"], "links": [["runs-on", "host"]]})
PART = {"bom-ref": "shop", "type": "library", "name": "shop", "version": "1", "purl": "pkg:npm/shop@1"}
NOTED = {**PART, "properties": [{"name": "tidegate:item", "value": NOTE}]}
PACKAGE = {"SPDXID": "SPDXRef-shop", "name": "shop", "downloadLocation": "NONE", "versionInfo": "1"}
SPDX_NOTE = {"annotationType": "OTHER", "annotator": "Tool: Tidegate", "comment": f"tidegate:item {NOTE}"}
WHOLE = {
    "backstage": f"""apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: shop
  tags: [a, &b b, *b]
  annotations: {{tidegate/item: '{NOTE}'}}
spec: {{type: service, lifecycle: production, owner: web, dependsOn: [component:payments]}}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {{name: web}}
spec: {{type: team}}
""".encode(),
    "cyclonedx": json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "components": [NOTED, {**PART, "bom-ref": "b", "components": [{"type": "file", "name": "é"}]}],
            "services": [{"bom-ref": "s", "name": "s", "endpoints": ["x"]}],
            "dependencies": [{"ref": "shop", "dependsOn": ["b", "s"]}],
        }
    ).encode(),
    "cyclonedx-xml": b"""<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components><component type="library" bom-ref="a">
<name>a</name><version>1</version><licenses><license><id>MIT</id></license></licenses></component></components>
<dependencies><dependency ref="a"/></dependencies></bom>""",
    "spdx": json.dumps(
        {
            "spdxVersion": "SPDX-2.3",
            "SPDXID": "SPDXRef-DOCUMENT",
            "packages": [{**PACKAGE, "annotations": [SPDX_NOTE]}, {**PACKAGE, "SPDXID": "SPDXRef-b", "name": "b"}],
            "relationships": [
                {
                    "spdxElementId": "SPDXRef-shop",
                    "relationshipType": "DEPENDS_ON",
                    "relatedSpdxElement": "SPDXRef-b",
                }
            ],
        }
    ).encode(),
    "archimate": f"""<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" identifier="m"
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><name>M</name><elements>
<element identifier="a" xsi:type="Node"><name>a</name><properties><property propertyDefinitionRef="p"><value>{NOTE}</value>
</property></properties></element><element identifier="j" xsi:type="OrJunction"><name/></element></elements>
<relationships><relationship identifier="r" source="a" target="j" xsi:type="Flow"/></relationships>
<propertyDefinitions><propertyDefinition identifier="p" type="string"><name>tidegate:item</name></propertyDefinition>
</propertyDefinitions></model>""".encode(),
    "tidegate": json.dumps(
        {
            "format": "tidegate-cmdb",
            "version": 1,
            "teams": [{"slug": "web", "name": "Web"}],
            "value_streams": [{"slug": "orders", "name": "Orders", "owner": "web"}],
            "items": [{"key": "a", "name": "A", "ci_type": "host", "criticality": 1, "attributes": {"x": 1}}],
            "relationships": [{"source": "a", "type": "runs-on", "target": "a"}],
        }
    ).encode(),
    "csv": b'id,name,needs\r\na,"A ""x""\n",b|c\r\nb,B,\r\n',
}
LAYOUT = Layout(
    columns=(
        Column("identity", header="id"),
        Column("name", header="name"),
        Column("ci_type", fallback="host"),
        Column("relationship", header="needs", target="depends-on", separator="|"),
    )
)
KINDS = (Record, Links, Extra, Rejected, Skipped)
STUFFING = (
    b"\x00",
    b"\xff\xfe",
    b"{",
    b"]",
    b"null",
    b'"',
    b"<!DOCTYPE a>",
    b"&a;",
    b"- *b",
    b"\xed\xa0\x80",
    b"1e999",
    b"\\ud800",
)


def read(name: str, content: bytes) -> list:
    if name == "csv":
        return list(read_csv(content, LAYOUT))
    return list(READERS[name.partition("-")[0]](content))


@pytest.mark.parametrize("name", WHOLE)
def test_the_whole_file_is_read(name: str) -> None:
    items = read(name, WHOLE[name])
    assert [one for one in items if isinstance(one, Record)]
    assert not [one for one in items if isinstance(one, Rejected)]


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_bent_file_is_refused_in_words(name: str, data: st.DataObject) -> None:
    """Cut short, with bits turned, with foreign bytes put in, or with a piece of it twice."""
    bent = bytearray(WHOLE[name])
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(bent)))
        how = data.draw(st.sampled_from(("cut", "turn", "stuff", "repeat")))
        if how == "cut":
            del bent[position : position + data.draw(st.integers(1, len(WHOLE[name])))]
        elif how == "turn" and position < len(bent):
            bent[position] ^= 1 << data.draw(st.integers(0, 7))
        elif how == "stuff":
            bent[position:position] = data.draw(st.sampled_from(STUFFING))
        else:
            bent[position:position] = bent[position : position + 40]
    try:
        items = read(name, bytes(bent))
    except Invalid as refusal:
        assert all(one.detail for one in refusal.errors)
        return
    assert all(isinstance(one, KINDS) for one in items)
    assert all(one.reason and one.location for one in items if isinstance(one, Rejected))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("name", ["cyclonedx", "spdx", "tidegate"])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_value_in_any_place_of_a_document_is_answered(name: str, data: st.DataObject) -> None:
    document = json.loads(WHOLE[name])
    place = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(VALUES)
    try:
        items = read(name, json.dumps(document).encode())
    except Invalid as refusal:
        assert all(one.detail for one in refusal.errors)
        return
    assert all(isinstance(one, KINDS) for one in items)
