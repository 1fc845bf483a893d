"""XML from outside, a part at a time: no document types, no entities, no network, and no more depth than is sane."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from apps.cmdb.formats.files import Content, beginning, opened
from apps.core.errors import FieldError, Invalid

DEEPEST = 64
OUTER = 3
MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def is_xml(content: Content) -> bool:
    """Whether it begins as XML does, in whichever encoding."""
    start = beginning(content, 200)
    for mark in MARKS:
        start = start.removeprefix(mark)
    return start.replace(b"\x00", b"").lstrip().startswith(b"<")


def outer_elements(
    content: Content, namespace_of: Callable[[Element], str], cleared: Collection[str]
) -> Iterator[tuple[list[str], Element]]:
    """(path, element) at the end of each element of the three outer levels; inner ones stay with their parent.

    `namespace_of(root)` gives the namespace that is read, or raises Invalid. Elements of other namespaces have an empty
    name and are passed over. What stands in a `cleared` section is forgotten once it was handed out.
    """
    path: list[str] = []
    open_elements: list[Element] = []
    namespace = None
    try:
        for event, element in ElementTree.iterparse(opened(content), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                namespace = namespace_of(element) if namespace is None else namespace
                path.append(local_name(element, namespace))
                open_elements.append(element)
                if len(path) > DEEPEST:
                    raise Invalid([FieldError("", "too_deep", f"It is nested more than {DEEPEST} levels deep.")])
                continue
            if len(path) <= OUTER and path[-1]:
                yield list(path), element
            open_elements.pop()
            if len(path) == OUTER and path[1] in cleared:
                element.clear()
                del open_elements[-1][:]  # an empty element costs memory too
            path.pop()
    except DefusedXmlException as error:
        detail = "Document types and entities are not accepted in XML."
        raise Invalid([FieldError("", "xml_entities", detail)]) from error
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Invalid([FieldError("", "malformed_xml", f"It is not XML: {error}.")]) from error


def space_and_name(element: Element) -> tuple[str, str]:
    """The namespace and the name of an element."""
    tag = element.tag if isinstance(element.tag, str) else ""
    space, _brace, name = tag[1:].partition("}") if tag.startswith("{") else ("", "", tag)
    return space, name


def local_name(element: Element, namespace: str) -> str:
    """The name within this namespace; empty for elements of others."""
    space, name = space_and_name(element)
    return name if space == namespace else ""


def children(element: Element, name: str) -> list[Element]:
    """The children of this name in the namespace of the element."""
    space, _name = space_and_name(element)
    return element.findall(f"{{{space}}}{name}" if space else name)


def text_of(element: Element | None) -> str | None:
    """All text within, its white space made plain."""
    return None if element is None else " ".join("".join(element.itertext()).split())
