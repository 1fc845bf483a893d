"""What CycloneDX asks of a component and a service, as far as an import relies on it.

Each rule raises `Faulty` with the place within the record and how to mend it. The JSON shape is judged; XML is brought
into it first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from apps.cmdb.formats.records import Faulty

VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
VERSION_REQUIRED = {"1.2", "1.3"}
TYPES = {"application", "framework", "library", "container", "operating-system", "device", "firmware", "file"}
TYPES_SINCE = {
    "platform": "1.5",
    "device-driver": "1.5",
    "machine-learning-model": "1.5",
    "data": "1.5",
    "cryptographic-asset": "1.6",
}
SCOPES = {"required", "optional", "excluded"}
HASHES = {
    "MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512", "SHA3-256", "SHA3-384", "SHA3-512",
    "BLAKE2b-256", "BLAKE2b-384", "BLAKE2b-512", "BLAKE3",
}  # fmt: skip
HASHES_SINCE = {"Streebog-256": "1.7", "Streebog-512": "1.7"}
DIGEST = re.compile(r"[a-fA-F0-9]{32}|[a-fA-F0-9]{40}|[a-fA-F0-9]{64}|[a-fA-F0-9]{96}|[a-fA-F0-9]{128}")
PATCHES = {"unofficial", "monkey", "backport", "cherry-pick"}
ISSUES = {"defect", "enhancement", "security"}
FLOWS = {"inbound", "outbound", "bi-directional", "unknown"}
ACKNOWLEDGEMENTS = {"declared", "concluded"}
TEXTS = ("name", "group", "version", "description", "scope", "purl", "cpe", "copyright", "publisher", "author")
LICENSE_IDS = Path(__file__).with_name("spdx_license_ids.txt")


@cache
def license_ids() -> frozenset[str]:
    lines = LICENSE_IDS.read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def check_component(component: Any, version: str) -> None:
    """The component itself; components nested in it are records of their own."""
    _object(component, "the component")
    _texts(component, TEXTS)
    kind = component.get("type")
    if kind is None:
        raise Faulty("type is missing.")
    _one_of(kind, {*TYPES, *_since(TYPES_SINCE, version)}, "type")
    _required(component, "name")
    if version in VERSION_REQUIRED:
        _required(component, "version", empty=True)
    if component.get("scope") is not None:
        _one_of(component["scope"], SCOPES, "scope")
    _check_reference(component)
    _check_versions(component)
    _check_hashes(component, version)
    check_licenses(component.get("licenses"), version, "licenses")
    _check_swid(component.get("swid"))
    _check_pedigree(component.get("pedigree"), version)
    _check_links(component)


def check_service(service: Any, version: str) -> None:
    """The service itself; services nested in it are records of their own."""
    _object(service, "the service")
    _texts(service, ("name", "group", "version", "description"))
    _required(service, "name")
    _check_reference(service)
    for place, endpoint in _each(service, "endpoints"):
        if not isinstance(endpoint, str):
            raise Faulty(f"{place} must be a text.")
    for place, flow in _each(service, "data"):
        _object(flow, place)
        _one_of(flow.get("flow"), FLOWS, f"{place}/flow")
        if not isinstance(flow.get("classification"), str):
            raise Faulty(f"{place}/classification must be a text.")
    check_licenses(service.get("licenses"), version, "licenses")
    _check_links(service)


def check_licenses(choices: Any, version: str, place: str) -> None:
    """Each is either a licence, by SPDX id or by name, or an SPDX expression."""
    if choices is None:
        return
    if not isinstance(choices, list):
        raise Faulty(f"{place} must be a list.")
    expressions = 0
    for position, choice in enumerate(choices):
        here = f"{place}/{position}"
        _object(choice, here)
        if ("license" in choice) == ("expression" in choice):
            raise Faulty(f"{here} must be either a license or an expression.")
        if "expression" in choice:
            expressions += 1
            if not isinstance(choice["expression"], str):
                raise Faulty(f"{here}/expression must be a text.")
        else:
            _check_license(choice["license"], f"{here}/license")
    if expressions and len(choices) > 1 and version != "1.7":
        raise Faulty(f"{place}: an expression stands alone, not beside other licenses.")


def _check_license(chosen: Any, place: str) -> None:
    _object(chosen, place)
    if ("id" in chosen) == ("name" in chosen):
        raise Faulty(f"{place} needs either an id or a name.")
    if "id" in chosen and (not isinstance(chosen["id"], str) or chosen["id"] not in license_ids()):
        raise Faulty(f"{place}/id “{str(chosen['id'])[:60]}” is not an SPDX licence id; use name for other licences.")
    if "name" in chosen and not isinstance(chosen["name"], str):
        raise Faulty(f"{place}/name must be a text.")
    if "acknowledgement" in chosen:
        _one_of(chosen["acknowledgement"], ACKNOWLEDGEMENTS, f"{place}/acknowledgement")
    _check_attachment(chosen.get("text"), f"{place}/text")


def _check_attachment(attachment: Any, place: str) -> None:
    if attachment is None:
        return
    _object(attachment, place)
    if "encoding" in attachment:
        _one_of(attachment["encoding"], {"base64"}, f"{place}/encoding")


def _check_reference(holder: dict[str, Any]) -> None:
    reference = holder.get("bom-ref")
    if reference is not None and (not isinstance(reference, str) or not reference):
        raise Faulty("bom-ref must be a text that is not empty.")


def _check_versions(component: dict[str, Any]) -> None:
    if "versionRange" not in component:
        return
    if "version" in component:
        raise Faulty("version and versionRange exclude each other.")
    if component.get("isExternal") is not True:
        raise Faulty("versionRange is only for components that are external (isExternal: true).")


def _check_hashes(component: dict[str, Any], version: str) -> None:
    for place, one in _each(component, "hashes"):
        _object(one, place)
        _one_of(one.get("alg"), {*HASHES, *_since(HASHES_SINCE, version)}, f"{place}/alg")
        if not isinstance(one.get("content"), str) or not DIGEST.fullmatch(one["content"]):
            raise Faulty(f"{place}/content is not a digest in hexadecimal digits.")


def _check_swid(swid: Any) -> None:
    if swid is None:
        return
    _object(swid, "swid")
    for name in ("tagId", "name"):
        if not isinstance(swid.get(name), str):
            raise Faulty(f"swid/{name} is missing.")
    _check_attachment(swid.get("text"), "swid/text")


def _check_pedigree(pedigree: Any, version: str) -> None:
    if pedigree is None:
        return
    _object(pedigree, "pedigree")
    for kin in ("ancestors", "descendants", "variants"):
        for place, relative in _each(pedigree, kin):
            try:
                check_component(relative, version)
            except Faulty as error:
                raise Faulty(f"pedigree/{place}: {error}") from error
    for place, patch in _each(pedigree, "patches"):
        _object(patch, f"pedigree/{place}")
        _one_of(patch.get("type"), PATCHES, f"pedigree/{place}/type")
        for issue_place, issue in _each(patch, "resolves"):
            _object(issue, f"pedigree/{place}/{issue_place}")
            _one_of(issue.get("type"), ISSUES, f"pedigree/{place}/{issue_place}/type")


def _check_links(holder: dict[str, Any]) -> None:
    for place, link in _each(holder, "externalReferences"):
        _object(link, place)
        for name in ("url", "type"):
            if not isinstance(link.get(name), str):
                raise Faulty(f"{place}/{name} is missing.")


def _object(value: Any, place: str) -> None:
    if not isinstance(value, dict):
        raise Faulty(f"{place} must be an object.")


def _required(holder: dict[str, Any], name: str, *, empty: bool = False) -> None:
    value = holder.get(name)
    if value is None or (not empty and not value.strip()):
        raise Faulty(f"{name} is missing.")


def _texts(holder: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if holder.get(name) is not None and not isinstance(holder[name], str):
            raise Faulty(f"{name} must be a text.")


def _one_of(value: Any, allowed: set[str], place: str) -> None:
    if not isinstance(value, str) or value not in allowed:
        shown = "nothing" if value is None else f"“{str(value)[:60]}”"
        raise Faulty(f"{place} is {shown}; it must be one of: {', '.join(sorted(allowed))}.")


def _since(words: dict[str, str], version: str) -> Iterator[str]:
    return (word for word, since in words.items() if version >= since)


def _each(holder: dict[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    value = holder.get(name)
    if value is None:
        return
    if not isinstance(value, list):
        raise Faulty(f"{name} must be a list.")
    for position, one in enumerate(value):
        yield f"{name}/{position}", one
