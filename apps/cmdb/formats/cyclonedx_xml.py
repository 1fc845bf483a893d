"""CycloneDX in XML, brought into the shape of its JSON form, one part at a time.

No document types, no entities, no network; elements of other namespaces are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from apps.cmdb.formats.files import Content
from apps.cmdb.formats.xml_parts import children, outer_elements, space_and_name, text_of
from apps.core.errors import FieldError, Invalid

NAMESPACE = "http://cyclonedx.org/schema/bom/"
READ_VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
SECTIONS = ("components", "services", "dependencies")
COMPONENT_TEXTS = (
    "author", "publisher", "group", "name", "version", "versionRange", "description", "scope", "copyright", "cpe", "purl",
)  # fmt: skip
SERVICE_TEXTS = ("group", "name", "version", "description")


class Twice(ValueError):
    """An element that may stand once stands more often."""


def header_of_xml(content: Content) -> dict[str, Any]:
    """bomFormat, specVersion and metadata. Raises Invalid when it is not XML or not CycloneDX."""
    header: dict[str, Any] = {"bomFormat": "CycloneDX", "specVersion": "", "metadata": {}}
    for path, element in _elements(content):
        if path == ["bom"]:
            header["serialNumber"] = element.get("serialNumber")
        if path == ["bom", "metadata"]:
            header["metadata"] = _metadata(element)
        header["specVersion"] = header["specVersion"] or element.tag[len(NAMESPACE) + 1 :].partition("}")[0]
    return header


def parts_of_xml(content: Content) -> Iterator[tuple[str, int, Any]]:
    """(section, position, part) of components, services and dependencies."""
    counts: dict[str, int] = {}
    makers = {"component": ("components", _component), "service": ("services", _service)}
    makers["dependency"] = ("dependencies", _dependency)
    for path, element in _elements(content):
        if len(path) != 3 or path[2] not in makers:
            continue
        section, make = makers[path[2]]
        if path[1] == section:
            position = counts.get(section, 0)
            counts[section] = position + 1
            yield section, position, _shaped(make, element)


def _shaped(make: Any, element: Element) -> Any:
    """The part; what cannot be brought into shape becomes a text, which the rules refuse as one record."""
    try:
        return make(element)
    except Twice as error:
        return str(error)


def _elements(content: Content) -> Iterator[tuple[list[str], Element]]:
    return outer_elements(content, _namespace, cleared=SECTIONS)


def _namespace(root: Element) -> str:
    """The namespace of the root, when it is one that is read."""
    space, name = space_and_name(root)
    version = space.removeprefix(NAMESPACE)
    if name != "bom" or not space.startswith(NAMESPACE) or version not in READ_VERSIONS:
        known = f"{NAMESPACE}{READ_VERSIONS[0]} to {READ_VERSIONS[-1]}"
        detail = f"The root is “{name[:60]}” of the namespace “{space[:100]}”; it must be bom of {known}."
        raise Invalid([FieldError("", "namespace", detail)])
    return space


def _child(element: Element, name: str) -> Element | None:
    found = children(element, name)
    if len(found) > 1:
        raise Twice(f"<{name}> stands {len(found)} times; once is allowed.")
    return found[0] if found else None


def _inside(element: Element, holder: str, name: str) -> list[Element]:
    outer = _child(element, holder)
    return [] if outer is None else children(outer, name)


def _texts(element: Element, names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: text_of(_child(element, name)) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _attributes(element: Element, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: element.get(name) for name in names if element.get(name) is not None}


def _metadata(element: Element) -> dict[str, Any]:
    component = _child(element, "component")
    found: dict[str, Any] = {"licenses": _licenses(element)}
    if component is not None:
        found["component"] = _shaped(_component, component)
    return found


def _component(element: Element) -> dict[str, Any]:
    found = _attributes(element, ("type", "mime-type", "bom-ref")) | _texts(element, COMPONENT_TEXTS)
    if element.get("isExternal") is not None:
        found["isExternal"] = element.get("isExternal") in ("true", "1")
    found["hashes"] = [{"alg": one.get("alg"), "content": text_of(one)} for one in _inside(element, "hashes", "hash")]
    found["licenses"] = _licenses(element)
    found["externalReferences"] = _links(element)
    supplier = _child(element, "supplier")
    if supplier is not None:
        found["supplier"] = {"name": next((text_of(one) for one in children(supplier, "name")), None)}
    swid = _child(element, "swid")
    if swid is not None:
        found["swid"] = _attributes(swid, ("tagId", "name", "version"))
    pedigree = _child(element, "pedigree")
    if pedigree is not None:
        found["pedigree"] = _pedigree(pedigree)
    found["components"] = [_shaped(_component, one) for one in _inside(element, "components", "component")]
    return found


def _pedigree(element: Element) -> dict[str, Any]:
    kin = ("ancestors", "descendants", "variants")
    found: dict[str, Any] = {name: [_component(one) for one in _inside(element, name, "component")] for name in kin}
    found["patches"] = [
        {
            **_attributes(patch, ("type",)),
            "resolves": [_attributes(one, ("type",)) for one in _inside(patch, "resolves", "issue")],
        }
        for patch in _inside(element, "patches", "patch")
    ]
    return found


def _licenses(element: Element) -> list[dict[str, Any]]:
    holder = _child(element, "licenses")
    if holder is None:
        return []
    chosen = [{"license": _license(one)} for one in children(holder, "license")]
    return chosen + [{"expression": text_of(one)} for one in children(holder, "expression")]


def _license(element: Element) -> dict[str, Any]:
    found = _texts(element, ("id", "name")) | _attributes(element, ("acknowledgement",))
    text = _child(element, "text")
    if text is not None:
        found["text"] = _attributes(text, ("encoding",))
    return found


def _links(element: Element) -> list[dict[str, Any]]:
    return [
        {"type": one.get("type"), "url": text_of(_child(one, "url"))}
        for one in _inside(element, "externalReferences", "reference")
    ]


def _service(element: Element) -> dict[str, Any]:
    found = _attributes(element, ("bom-ref",)) | _texts(element, SERVICE_TEXTS)
    provider = _child(element, "provider")
    if provider is not None:
        found["provider"] = {"name": next((text_of(one) for one in children(provider, "name")), None)}
    found["endpoints"] = [text_of(one) for one in _inside(element, "endpoints", "endpoint")]
    found["data"] = [_flow(one) for one in _inside(element, "data", "classification")]
    found["data"] += [_flow(one, inner=True) for one in _inside(element, "data", "dataflow")]
    found["licenses"] = _licenses(element)
    found["externalReferences"] = _links(element)
    found["services"] = [_shaped(_service, one) for one in _inside(element, "services", "service")]
    return found


def _flow(element: Element, *, inner: bool = False) -> dict[str, Any]:
    classification = _child(element, "classification") if inner else element
    holder = element if classification is None else classification
    return {"flow": holder.get("flow"), "classification": text_of(classification)}


def _dependency(element: Element) -> dict[str, Any]:
    found: dict[str, Any] = {"ref": element.get("ref")}
    found["dependsOn"] = [one.get("ref") for one in children(element, "dependency")]
    found["provides"] = [one.get("ref") for one in children(element, "provides")]
    return found
