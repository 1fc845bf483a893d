"""Models written in the Open Group's exchange format for ArchiMate 3.1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape

from apps.cmdb.formats.archimate import SPACE_3, TYPE_OF
from apps.cmdb.formats.things import NOTE, Map, Thing, name_from, note_of

SCHEMA = f"{SPACE_3} http://www.opengroup.org/xsd/archimate/3.1/archimate3_Model.xsd"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
ALLOWED = re.compile(r"[A-Za-z0-9._-]+")
LONGEST = 200
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # no character of XML 1.0
PROPERTY = "property-note"
KINDS = {
    "product": "Product",
    "service": "ApplicationService",
    "application": "ApplicationComponent",
    "component": "Artifact",
    "api": "ApplicationInterface",
    "data-store": "DataObject",
    "host": "Node",
    "document": "Representation",
    "resource": "TechnologyFunction",
}
OTHER = "Grouping"
# relationship type: (relationship, whether it is drawn from the other item to this one)
NATIVE = {
    "depends-on": ("Serving", True),
    "part-of": ("Composition", True),
    "provides": ("Realization", False),
    "relates-to": ("Association", False),
}


def write_archimate(map: Map) -> Iterator[str]:
    """The whole map. Teams and value streams are not written: an element is no team."""
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<model xmlns="{SPACE_3}" xmlns:xsi="{INSTANCE}"'
    yield f' xsi:schemaLocation="{SCHEMA}" identifier="model-tidegate">\n<name xml:lang="en">Tidegate CMDB</name>\n'
    is_empty = True
    for thing in map.things():
        yield ("<elements>\n" if is_empty else "") + _element(thing)
        is_empty = False
    yield "" if is_empty else "</elements>\n"
    position = 0
    for position, (kind, source, target) in enumerate(_relationships(map), 1):
        ends = f'source="{id_of(source)}" target="{id_of(target)}"'
        begin = "<relationships>\n" if position == 1 else ""
        yield f'{begin}<relationship identifier="tie-{position}" {ends} xsi:type="{kind}"/>\n'
    yield "</relationships>\n" if position else ""
    if not is_empty:
        yield f'<propertyDefinitions><propertyDefinition identifier="{PROPERTY}" type="string">'
        yield f"<name>{NOTE}</name></propertyDefinition></propertyDefinitions>\n"
    yield "</model>\n"


def id_of(key: str) -> str:
    return f"ci-{name_from(key, ALLOWED, LONGEST)}"


def _element(thing: Thing) -> str:
    kind = thing.attributes.get("kind")
    known = kind if isinstance(kind, str) and TYPE_OF.get(kind) == thing.ci_type else KINDS.get(thing.ci_type, OTHER)
    said = [name for name in ("name", "description") if (text := getattr(thing, name)) and _as_read(text) == text]
    links = [(one.meaning, id_of(one.key)) for one in thing.ties if one.meaning not in NATIVE]
    note = note_of(thing, said=said, links=links)
    documentation = f'<documentation xml:lang="en">{_text(thing.description)}</documentation>'
    return (
        f'<element identifier="{id_of(thing.key)}" xsi:type="{known}"><name xml:lang="en">{_text(thing.name)}</name>'
        f"{documentation if thing.description else ''}"
        f'<properties><property propertyDefinitionRef="{PROPERTY}">'
        f'<value xml:lang="en">{_text(note)}</value></property></properties></element>\n'
    )


def _relationships(map: Map) -> Iterator[tuple[str, str, str]]:
    """(relationship, from, to)"""
    for thing in map.things():
        for tie in thing.ties:
            if tie.meaning in NATIVE:
                kind, is_turned = NATIVE[tie.meaning]
                yield (kind, tie.key, thing.key) if is_turned else (kind, thing.key, tie.key)


def _text(text: str) -> str:
    return escape(UNWRITABLE.sub("\ufffd", text))


def _as_read(text: str) -> str:
    """What a reader makes of the text: XML cannot hold every character, and its white space is made plain."""
    return " ".join(UNWRITABLE.sub("\ufffd", text).split())
