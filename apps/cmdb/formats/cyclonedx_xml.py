"""CycloneDX in XML, brought into the shape of its JSON form, one part at a time.

No document types, no entities, no network; elements of other namespaces are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from apps.core.errors import FieldError, Invalid

NAMESPACE = "http://cyclonedx.org/schema/bom/"
READ_VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
DEEPEST = 64
BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
COMPONENT_TEXTS = (
    "author", "publisher", "group", "name", "version", "versionRange", "description", "scope", "copyright", "cpe", "purl",
)  # fmt: skip
SERVICE_TEXTS = ("group", "name", "version", "description")


class Twice(ValueError):
    """An element that may stand once stands more often."""


def is_xml(content: bytes) -> bool:
    """Whether it begins as XML does, in whichever encoding."""
    start = content[:200].removeprefix(BOMS[0]).removeprefix(BOMS[1]).removeprefix(BOMS[2])
    return start.replace(b"\x00", b"").lstrip().startswith(b"<")


def header_of_xml(content: bytes) -> dict[str, Any]:
    """bomFormat, specVersion and metadata. Raises Invalid when it is not XML or not CycloneDX."""
    header: dict[str, Any] = {"bomFormat": "CycloneDX", "specVersion": "", "metadata": {}}
    for path, element in _elements(content):
        if path == ["bom"]:
            header["serialNumber"] = element.get("serialNumber")
        if path == ["bom", "metadata"]:
            header["metadata"] = _metadata(element)
        header["specVersion"] = header["specVersion"] or element.tag[len(NAMESPACE) + 1 :].partition("}")[0]
    return header


def parts_of_xml(content: bytes) -> Iterator[tuple[str, int, Any]]:
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


def _elements(content: bytes) -> Iterator[tuple[list[str], Element]]:
    """(path, element) at the end of each element of the three outer levels; inner ones stay with their parent."""
    path: list[str] = []
    namespace = None
    try:
        for event, element in ElementTree.iterparse(BytesIO(content), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                namespace = namespace or _namespace(element)
                path.append(_local(element, namespace))
                if len(path) > DEEPEST:
                    raise Invalid([FieldError("", "too_deep", f"It is nested more than {DEEPEST} levels deep.")])
                continue
            if len(path) <= 3 and path[-1]:
                yield list(path), element
            if len(path) == 3 and path[1] in ("components", "services", "dependencies"):
                element.clear()
            path.pop()
    except DefusedXmlException as error:
        detail = "Document types and entities are not accepted in XML."
        raise Invalid([FieldError("", "xml_entities", detail)]) from error
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Invalid([FieldError("", "malformed_xml", f"It is not XML: {error}.")]) from error


def _namespace(root: Element) -> str:
    """The namespace of the root, when it is one that is read."""
    space, _brace, name = root.tag[1:].partition("}") if root.tag.startswith("{") else ("", "", root.tag)
    version = space.removeprefix(NAMESPACE)
    if name != "bom" or not space.startswith(NAMESPACE) or version not in READ_VERSIONS:
        known = f"{NAMESPACE}{READ_VERSIONS[0]} to {READ_VERSIONS[-1]}"
        detail = f"The root is “{name[:60]}” of the namespace “{space[:100]}”; it must be bom of {known}."
        raise Invalid([FieldError("", "namespace", detail)])
    return space


def _local(element: Element, namespace: str) -> str:
    """The name within the document's namespace; empty for elements of others."""
    tag = element.tag if isinstance(element.tag, str) else ""
    return tag[len(namespace) + 2 :] if tag.startswith(f"{{{namespace}}}") else ""


def _children(element: Element, name: str) -> list[Element]:
    space = element.tag.partition("}")[0]
    return element.findall(f"{space}}}{name}")


def _child(element: Element, name: str) -> Element | None:
    found = _children(element, name)
    if len(found) > 1:
        raise Twice(f"<{name}> stands {len(found)} times; once is allowed.")
    return found[0] if found else None


def _inside(element: Element, holder: str, name: str) -> list[Element]:
    outer = _child(element, holder)
    return [] if outer is None else _children(outer, name)


def _text(element: Element | None) -> str | None:
    return None if element is None else " ".join("".join(element.itertext()).split())


def _texts(element: Element, names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: _text(_child(element, name)) for name in names}
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
    found["hashes"] = [{"alg": one.get("alg"), "content": _text(one)} for one in _inside(element, "hashes", "hash")]
    found["licenses"] = _licenses(element)
    found["externalReferences"] = _links(element)
    supplier = _child(element, "supplier")
    if supplier is not None:
        found["supplier"] = {"name": next((_text(one) for one in _children(supplier, "name")), None)}
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
    chosen = [{"license": _license(one)} for one in _children(holder, "license")]
    return chosen + [{"expression": _text(one)} for one in _children(holder, "expression")]


def _license(element: Element) -> dict[str, Any]:
    found = _texts(element, ("id", "name")) | _attributes(element, ("acknowledgement",))
    text = _child(element, "text")
    if text is not None:
        found["text"] = _attributes(text, ("encoding",))
    return found


def _links(element: Element) -> list[dict[str, Any]]:
    return [
        {"type": one.get("type"), "url": _text(_child(one, "url"))}
        for one in _inside(element, "externalReferences", "reference")
    ]


def _service(element: Element) -> dict[str, Any]:
    found = _attributes(element, ("bom-ref",)) | _texts(element, SERVICE_TEXTS)
    provider = _child(element, "provider")
    if provider is not None:
        found["provider"] = {"name": next((_text(one) for one in _children(provider, "name")), None)}
    found["endpoints"] = [_text(one) for one in _inside(element, "endpoints", "endpoint")]
    found["data"] = [_flow(one) for one in _inside(element, "data", "classification")]
    found["data"] += [_flow(one, inner=True) for one in _inside(element, "data", "dataflow")]
    found["licenses"] = _licenses(element)
    found["externalReferences"] = _links(element)
    found["services"] = [_shaped(_service, one) for one in _inside(element, "services", "service")]
    return found


def _flow(element: Element, *, inner: bool = False) -> dict[str, Any]:
    classification = _child(element, "classification") if inner else element
    holder = element if classification is None else classification
    return {"flow": holder.get("flow"), "classification": _text(classification)}


def _dependency(element: Element) -> dict[str, Any]:
    found: dict[str, Any] = {"ref": element.get("ref")}
    found["dependsOn"] = [one.get("ref") for one in _children(element, "dependency")]
    found["provides"] = [one.get("ref") for one in _children(element, "provides")]
    return found
