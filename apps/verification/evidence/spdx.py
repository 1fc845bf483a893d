"""SPDX documents: 2.2 and 2.3 as JSON or tag-value, 3.0 as JSON-LD. No address in them is ever fetched."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from apps.core.errors import FieldError
from apps.verification.evidence import faults
from apps.verification.evidence.digests import normal_set
from apps.verification.evidence.names import Thing
from apps.verification.evidence.sbom_document import Sbom

VERSION_2 = re.compile(r"SPDX-2\.[0-3]")
DOCUMENT = "SPDXRef-DOCUMENT"
UNSAID = ("", "NOASSERTION", "NONE")


def is_spdx(document: dict[str, Any]) -> bool:
    return "spdxVersion" in document or ("@graph" in document and "spdx" in str(document.get("@context", "")))


def read_spdx(document: dict[str, Any]) -> Sbom:
    """The bill of materials. Raises Invalid with the place of every fault (up to twenty)."""
    return _read_3(document) if "@graph" in document else _read_2(document)


def is_tag_value(content: bytes) -> bool:
    return content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"SPDXVersion:")


def read_tag_value(content: bytes) -> Sbom:
    """The tag-value form, by way of the JSON form it stands for."""
    return _read_2(_from_tags(content.decode("utf-8", errors="replace")))


def _read_2(document: dict[str, Any]) -> Sbom:
    faults.refuse(_faults_2(document), "a valid SPDX document")
    packages = {package["SPDXID"]: package for package in document.get("packages") or []}
    described = list(dict.fromkeys(_described(document)))
    things = {identity: _thing_2(package) for identity, package in packages.items()}
    about = [things[identity] for identity in described if identity in things]
    if not about and len(things) == 1:
        about = list(things.values())
    return Sbom(
        format="SPDX",
        format_version=document["spdxVersion"].removeprefix("SPDX-"),
        root=about[0] if about else None,
        also_about=tuple(about[1:]),
        things=tuple(things.values()),
        created_at=str((document.get("creationInfo") or {}).get("created") or ""),
        serial_number=str(document.get("documentNamespace") or ""),
    )


def _faults_2(document: dict[str, Any]) -> Iterator[FieldError]:
    version = document.get("spdxVersion")
    if not isinstance(version, str) or not VERSION_2.fullmatch(version):
        yield FieldError(
            "/spdxVersion", "spdx_version", f"spdxVersion {version!r} is not known. Known: SPDX-2.0 to 2.3."
        )
        return
    if document.get("SPDXID") != DOCUMENT:
        yield FieldError("/SPDXID", "document_id", f"The document's SPDXID must be “{DOCUMENT}”.")
    for name in ("name", "dataLicense", "documentNamespace"):
        if not isinstance(document.get(name), str) or not document[name]:
            yield FieldError(f"/{name}", "required", f"{name} is missing.")
    if not isinstance(document.get("creationInfo"), dict):
        yield FieldError("/creationInfo", "required", "creationInfo is missing.")
    yield from _list_faults(document)


def _list_faults(document: dict[str, Any]) -> Iterator[FieldError]:
    for name in ("packages", "files", "relationships", "documentDescribes"):
        if not isinstance(document.get(name) or [], list):
            yield FieldError(f"/{name}", "type", f"{name} must be a list.")
            return
    seen: set[str] = set()
    for position, package in enumerate(document.get("packages") or []):
        place = f"/packages/{position}"
        identity = package.get("SPDXID") if isinstance(package, dict) else None
        if not isinstance(identity, str) or not identity.startswith("SPDXRef-"):
            yield FieldError(f"{place}/SPDXID", "element_id", "Each package needs an SPDXID that begins with SPDXRef-.")
        elif identity in seen:
            yield FieldError(f"{place}/SPDXID", "duplicate", f"{identity} stands in the document twice.")
        elif not isinstance(package.get("name"), str) or not package["name"]:
            yield FieldError(f"{place}/name", "required", "Each package needs a name.")
        seen.add(str(identity))


def _described(document: dict[str, Any]) -> Iterator[str]:
    yield from (identity for identity in document.get("documentDescribes") or [] if isinstance(identity, str))
    for relation in document.get("relationships") or []:
        if not isinstance(relation, dict):
            continue
        ends = (relation.get("spdxElementId"), relation.get("relatedSpdxElement"))
        if relation.get("relationshipType") == "DESCRIBES" and ends[0] == DOCUMENT:
            yield str(ends[1])
        elif relation.get("relationshipType") == "DESCRIBED_BY" and ends[1] == DOCUMENT:
            yield str(ends[0])


def _thing_2(package: dict[str, Any]) -> Thing:
    references = [one for one in package.get("externalRefs") or [] if isinstance(one, dict)]
    checksums = [one for one in package.get("checksums") or [] if isinstance(one, dict)]
    return Thing(
        name=package["name"],
        version=str(package.get("versionInfo") or ""),
        purl=next((str(one.get("referenceLocator")) for one in references if one.get("referenceType") == "purl"), ""),
        digests=normal_set(f"{one.get('algorithm', '')}:{one.get('checksumValue', '')}" for one in checksums),
        licenses=_said([package.get("licenseConcluded"), package.get("licenseDeclared")]),
    )


def _said(licenses: Iterable[Any]) -> tuple[str, ...]:
    """The first licence that says something: concluded before declared."""
    return tuple(str(one) for one in licenses if one and str(one) not in UNSAID)[:1]


def _read_3(document: dict[str, Any]) -> Sbom:
    graph = document["@graph"]
    faults.refuse(_faults_3(graph), "a valid SPDX 3 document")
    elements = {element["spdxId"]: element for element in graph if isinstance(element.get("spdxId"), str)}
    packages = {name: one for name, one in elements.items() if str(one.get("type", "")).endswith("Package")}
    licenses = _licenses_3(elements)
    things = {name: _thing_3(one, licenses.get(name, ())) for name, one in packages.items()}
    about = [things[name] for name in _roots_3(elements) if name in things]
    creation = next((one for one in graph if one.get("type") == "CreationInfo"), {})
    return Sbom(
        format="SPDX",
        format_version=str(creation.get("specVersion") or "3.0"),
        root=about[0] if about else None,
        also_about=tuple(about[1:]),
        things=tuple(things.values()),
        created_at=str(creation.get("created") or ""),
    )


def _faults_3(graph: Any) -> Iterator[FieldError]:
    if not isinstance(graph, list) or not graph:
        yield FieldError("/@graph", "type", "@graph must be a list of elements.")
        return
    for position, element in enumerate(graph):
        if not isinstance(element, dict) or not isinstance(element.get("type"), str):
            yield FieldError(f"/@graph/{position}/type", "required", "Each element needs a type.")
    types = {element.get("type") for element in graph if isinstance(element, dict)}
    if "CreationInfo" not in types:
        yield FieldError("/@graph", "required", "There is no CreationInfo.")
    if "SpdxDocument" not in types:
        yield FieldError("/@graph", "required", "There is no SpdxDocument.")


def _roots_3(elements: dict[str, Any]) -> list[str]:
    """What the document, or the bill of materials in it, declares to be about."""
    found: list[str] = []
    waiting = [name for name, one in elements.items() if one.get("type") in ("SpdxDocument", "software_Sbom", "Bom")]
    described = {str(one.get("from")): _texts(one.get("to")) for one in _relations(elements, "describes")}
    for name in waiting:
        found += _texts(elements[name].get("rootElement")) + described.get(name, [])
    return list(dict.fromkeys(found))


def _relations(elements: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in elements.values() if one.get("relationshipType") == kind]


def _licenses_3(elements: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for kind in ("hasDeclaredLicense", "hasConcludedLicense"):
        for relation in _relations(elements, kind):
            targets = [elements.get(name, {}) for name in _texts(relation.get("to"))]
            said = [one.get("simplelicensing_licenseExpression") or one.get("name") for one in targets]
            if chosen := _said(said):
                found[str(relation.get("from"))] = chosen
    return found


def _thing_3(package: dict[str, Any], licenses: tuple[str, ...]) -> Thing:
    hashes = [one for one in package.get("verifiedUsing") or [] if isinstance(one, dict)]
    identifiers = [one for one in package.get("externalIdentifier") or [] if isinstance(one, dict)]
    purl = next((one.get("identifier") for one in identifiers if one.get("externalIdentifierType") == "packageUrl"), "")
    return Thing(
        name=str(package.get("name") or ""),
        version=str(package.get("software_packageVersion") or ""),
        purl=str(package.get("software_packageUrl") or purl or ""),
        digests=normal_set(f"{one.get('algorithm', '')}:{one.get('hashValue', '')}" for one in hashes),
        licenses=licenses,
    )


def _texts(value: Any) -> list[str]:
    many = value if isinstance(value, list) else [value]
    return [one for one in many if isinstance(one, str)]


def _from_tags(text: str) -> dict[str, Any]:
    """Tag-value lines as the JSON they stand for, as far as names, versions, digests, licences and relations go."""
    document: dict[str, Any] = {"packages": [], "relationships": [], "creationInfo": {}}
    current: dict[str, Any] = document
    for tag, value in _tags(text):
        if tag == "PackageName":
            current = defaultdict(list, name=value)
            document["packages"].append(current)
        elif tag in ("FileName", "SnippetSPDXID", "LicenseID"):
            current = defaultdict(list)
        elif tag == "Relationship":
            ends = value.split()
            if len(ends) == 3:
                names = ("spdxElementId", "relationshipType", "relatedSpdxElement")
                document["relationships"].append(dict(zip(names, ends, strict=True)))
        else:
            _take_tag(document, current, tag, value)
    return document


OF_DOCUMENT = {"SPDXVersion": "spdxVersion", "DataLicense": "dataLicense", "DocumentNamespace": "documentNamespace"}
OF_PACKAGE = {"PackageVersion": "versionInfo", "PackageLicenseConcluded": "licenseConcluded"}
OF_PACKAGE |= {"PackageLicenseDeclared": "licenseDeclared", "SPDXID": "SPDXID"}


def _take_tag(document: dict[str, Any], current: dict[str, Any], tag: str, value: str) -> None:
    if tag in OF_DOCUMENT:
        document[OF_DOCUMENT[tag]] = value
    elif tag == "DocumentName":
        document["name"] = value
    elif tag == "Created":
        document["creationInfo"]["created"] = value
    elif tag in OF_PACKAGE:
        current[OF_PACKAGE[tag]] = value
    elif tag == "PackageChecksum" and current is not document:
        algorithm, _, digest = value.partition(":")
        current["checksums"].append({"algorithm": algorithm.strip(), "checksumValue": digest.strip()})
    elif tag == "ExternalRef" and current is not document and len(value.split()) == 3:
        _, kind, locator = value.split()
        current["externalRefs"].append({"referenceType": kind, "referenceLocator": locator})


def _tags(text: str) -> Iterator[tuple[str, str]]:
    lines = iter(text.lstrip("\ufeff").splitlines())
    for line in lines:
        tag, separator, value = line.partition(":")
        if not separator or line.startswith("#"):
            continue
        value = value.strip()
        if value.startswith("<text>"):
            parts = [value]
            while "</text>" not in parts[-1]:
                following = next(lines, None)
                if following is None:
                    break
                parts.append(following)
            value = "\n".join(parts).removeprefix("<text>").partition("</text>")[0]
        yield tag.strip(), value
