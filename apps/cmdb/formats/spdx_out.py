"""Bills of materials written as SPDX 2.3 JSON: every item a package."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from apps.cmdb.formats.cyclonedx_out import section
from apps.cmdb.formats.packages import package_of
from apps.cmdb.formats.spdx_rules import ANNOTATOR, DOCUMENT, NOTE_BEGINS
from apps.cmdb.formats.things import Map, Thing, name_from, note_of
from apps.core.clock import now

ALLOWED = re.compile(r"[A-Za-z0-9.-]+")
LONGEST = 200
PURPOSES = {"product": "APPLICATION", "application": "APPLICATION", "service": "APPLICATION", "host": "DEVICE"}
OTHER = "OTHER"
NATIVE = {"depends-on": "DEPENDS_ON", "part-of": "CONTAINED_BY"}


def write_spdx(map: Map) -> Iterator[str]:
    """The whole map. Teams and value streams have no place in a bill of materials."""
    at = now().strftime("%Y-%m-%dT%H:%M:%SZ")
    header = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": DOCUMENT,
        "name": "Tidegate CMDB",
        "documentNamespace": f"urn:uuid:{uuid4()}",
        "creationInfo": {"created": at, "creators": [ANNOTATOR]},
    }
    yield json.dumps(header).removesuffix("}")
    yield from section("packages", (_package(one, at) for one in map.things()))
    yield from section("relationships", _relationships(map))
    yield "}\n"


def id_of(key: str) -> str:
    return f"SPDXRef-CI-{name_from(key, ALLOWED, LONGEST)}"


def _package(thing: Thing, at: str) -> dict[str, Any]:
    links = [(one.meaning, one.key) for one in thing.ties if one.meaning not in NATIVE]
    said = ("name", "description") if thing.description else ("name",)
    note = {"annotationDate": at, "annotationType": "OTHER", "annotator": ANNOTATOR}
    package: dict[str, Any] = {
        "SPDXID": id_of(thing.key),
        "name": thing.name,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "primaryPackagePurpose": PURPOSES.get(thing.ci_type, OTHER),
        "annotations": [{**note, "comment": NOTE_BEGINS + note_of(thing, said=said, links=links)}],
    }
    version, purl = thing.attributes.get("version"), thing.attributes.get("purl")
    if isinstance(version, str) and version:
        package["versionInfo"] = version
    if thing.description:
        package["description"] = thing.description
    if package_of(purl) and not re.search(r"\s", purl):
        located = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
        package["externalRefs"] = [located]
    return package


def _relationships(map: Map) -> Iterator[dict[str, str]]:
    for thing in map.things():
        yield _relationship(DOCUMENT, "DESCRIBES", id_of(thing.key))
        for tie in thing.ties:
            if tie.meaning in NATIVE:
                yield _relationship(id_of(thing.key), NATIVE[tie.meaning], id_of(tie.key))


def _relationship(first: str, kind: str, second: str) -> dict[str, str]:
    return {"spdxElementId": first, "relationshipType": kind, "relatedSpdxElement": second}
