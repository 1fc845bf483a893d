"""ArchiMate models in the Open Group's exchange format: 3.x, and 2.1 with its older words.

Every element becomes an item, relationships what impact follows (docs/decisions: how catalogs map). Junctions are no
things: what runs through them is tied directly. A relationship that ends on another relationship is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from sys import intern
from xml.etree.ElementTree import Element

from apps.cmdb.formats.files import Content, beginning
from apps.cmdb.formats.records import (
    LONGEST_NAME,
    LONGEST_TEXT,
    VALUE_STREAM,
    Faulty,
    Item,
    Link,
    Links,
    Record,
    Rejected,
    Skipped,
)
from apps.cmdb.formats.things import NOTE, links_of, noted, read_note
from apps.cmdb.formats.xml_parts import children, outer_elements, space_and_name, text_of
from apps.cmdb.naming import slug_from
from apps.core.documents import storable
from apps.core.errors import FieldError, Invalid

SPACE_3, SPACE_2 = "http://www.opengroup.org/xsd/archimate/3.0/", "http://www.opengroup.org/xsd/archimate"
NATIVE = "http://www.archimatetool.com/archimate"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
CI_TYPES = {
    "product": "Product",
    "service": "BusinessService ApplicationService TechnologyService InfrastructureService",
    "application": "ApplicationComponent ApplicationCollaboration",
    "component": "ApplicationFunction ApplicationProcess ApplicationInteraction ApplicationEvent SystemSoftware Artifact",
    "api": "ApplicationInterface TechnologyInterface InfrastructureInterface",
    "data-store": "DataObject",
    "host": "Node Device Equipment",
    "document": "BusinessObject Contract Representation Deliverable",
    "resource": (
        "CommunicationNetwork Network Path CommunicationPath DistributionNetwork Facility Material "
        "TechnologyCollaboration TechnologyFunction TechnologyProcess TechnologyInteraction TechnologyEvent "
        "InfrastructureFunction"
    ),
    "business-element": (
        "BusinessActor BusinessRole BusinessCollaboration BusinessInterface BusinessProcess BusinessFunction "
        "BusinessInteraction BusinessEvent Location Grouping Stakeholder Driver Assessment Goal Outcome Principle "
        "Requirement Constraint Meaning Value Resource Capability CourseOfAction WorkPackage ImplementationEvent "
        "Plateau Gap"
    ),
}
TYPE_OF = {word: slug for slug, words in CI_TYPES.items() for word in words.split()}
JUNCTIONS = {"Junction", "AndJunction", "OrJunction"}
# relationship: (type, read backwards). Serving: the one that is served depends on the one that serves.
MEANINGS = {
    "Composition": ("part-of", True),
    "Aggregation": ("part-of", True),
    "Assignment": ("depends-on", True),
    "Realization": ("provides", False),
    "Serving": ("depends-on", True),
    "Access": ("depends-on", False),
    "Triggering": ("depends-on", True),
    "Flow": ("depends-on", True),
    "Influence": ("relates-to", False),
    "Specialization": ("relates-to", False),
    "Association": ("relates-to", False),
}
OLD_WORDS = {"Realisation": "Realization", "UsedBy": "Serving", "Specialisation": "Specialization"}
MOST_THROUGH_JUNCTIONS = 10_000

Tie = tuple[str, str, str]  # relationship, source, target


def read_archimate(content: Content) -> Iterator[Item]:
    """The elements of a model. Raises Invalid when it is not the exchange format, and says which it is instead."""
    if beginning(content, 2) == b"PK":
        raise _not_it("It is a ZIP archive, as Archi keeps models with images.")
    reading = _Reading(*_named_elsewhere(content))
    for path, element in outer_elements(content, _namespace, cleared=("elements",)):
        if path == ["model", "elements", "element"]:
            yield from reading.element(element)
    for path, element in outer_elements(content, _namespace, cleared=("relationships",)):
        if path == ["model", "relationships", "relationship"]:
            yield from reading.relationship(element)
    yield from reading.links()


def _namespace(root: Element) -> str:
    space, name = space_and_name(root)
    if space == NATIVE:
        raise _not_it("It is Archi's own format.")
    if name != "model" or space not in (SPACE_3, SPACE_2):
        detail = f"The root is “{name[:60]}” of the namespace “{space[:100]}”; it must be model of {SPACE_3}."
        raise Invalid([FieldError("", "namespace", detail)])
    return space


def _not_it(what: str) -> Invalid:
    hint = "In Archi: File → Export → Model to Open Exchange File."
    return Invalid([FieldError("", "not_the_exchange_format", f"{what} Import the exchange format. {hint}")])


def _named_elsewhere(content: Content) -> tuple[dict[str, str], set[str]]:
    """What properties are called, which stands at the end of the file, and which identifiers are relationships."""
    properties: dict[str, str] = {}
    relationships: set[str] = set()
    for path, element in outer_elements(content, _namespace, cleared=("elements", "relationships")):
        identity = element.get("identifier", "")
        if path == ["model", "propertyDefinitions", "propertyDefinition"]:
            properties[identity] = _named(element, "name") or ""
        elif path == ["model", "propertydefs", "propertydef"]:
            properties[identity] = element.get("name", "")
        elif path == ["model", "relationships", "relationship"] and identity:
            relationships.add(identity)
    return properties, relationships


@dataclass
class _Reading:
    """One model being read: what it has named so far."""

    property_names: dict[str, str]
    relationships: set[str]
    streams: set[str] = field(default_factory=set)
    elements: dict[str, str] = field(default_factory=dict)  # each name once, however many ties name it
    junctions: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    ties: list[Tie] = field(default_factory=list)
    noted_links: dict[str, dict[Link, None]] = field(default_factory=dict)
    positions: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def element(self, element: Element) -> Iterator[Item]:
        place = self._place("elements")
        identity = storable(element.get("identifier") or "")
        try:
            if not identity:
                raise Faulty("The identifier is missing.")
            if identity in self.elements or identity in self.junctions or identity in self.streams:
                raise Faulty(f"The identifier “{identity[:100]}” stands in the model twice.")
            kind = element.get(TYPE) or ""
            if kind in JUNCTIONS:
                self.junctions.add(identity)
                yield Skipped(identity, place, "A junction is no thing; what runs through it is tied directly.")
                return
            record = self._noted(self._record(element, identity, kind, place), element)
        except Faulty as error:
            is_known = identity in self.elements or identity in self.junctions or identity in self.streams
            if not is_known:
                self.refused.add(identity)
            yield Rejected(identity or place, place, str(error), "" if is_known else identity)
            return
        if record.thing == VALUE_STREAM:
            self.streams.add(identity)
        else:
            self.elements[identity] = identity
        yield record

    def _record(self, element: Element, identity: str, kind: str, place: str) -> Record:
        name = _named(element, "name") or _named(element, "label")
        if kind != "ValueStream" and kind not in TYPE_OF:
            raise Faulty(f"“{kind[:60]}” is not a kind of element." if kind else "The type (xsi:type) is missing.")
        if not name:
            raise Faulty("The element has no name.")
        is_stream = kind == "ValueStream"
        if is_stream and not slug_from(name):
            raise Faulty("The name of a value stream needs a letter or a digit.")
        return Record(
            identity=f"domain:default/{slug_from(name)}" if is_stream else identity,
            location=place,
            thing=VALUE_STREAM if is_stream else "item",
            name=storable(name, LONGEST_NAME),
            ci_type="" if is_stream else TYPE_OF[kind],
            description=storable(_named(element, "documentation"), LONGEST_TEXT),
            attributes={} if is_stream else {"kind": kind, **self._properties(element)},
            links=None,
        )

    def _noted(self, record: Record, element: Element) -> Record:
        """The element of an export of ours, with what that noted beside what a model can say."""
        of_ours = {reference for reference, name in self.property_names.items() if name == NOTE}
        found = (
            [one for holder in children(element, "properties") for one in children(holder, "property")]
            if of_ours
            else ()
        )
        for one in found:
            if one.get("propertyDefinitionRef") in of_ours and record.thing != VALUE_STREAM:
                note = read_note("".join(one.itertext()).strip())
                self.noted_links[record.identity] = links_of(note)
                return noted(record, note)
        return record

    def _properties(self, element: Element) -> dict[str, str]:
        found: dict[str, str] = {}
        for holder in children(element, "properties"):
            for one in children(holder, "property"):
                reference = one.get("propertyDefinitionRef") or one.get("identifierref") or ""
                value = _named(one, "value")
                if value:
                    found[storable(self.property_names.get(reference) or reference, 100)] = storable(
                        value, LONGEST_TEXT
                    )
        found.pop("kind", None)
        return found

    def relationship(self, element: Element) -> Iterator[Item]:
        place = self._place("relationships")
        identity = element.get("identifier") or ""
        kind = (element.get(TYPE) or "").removesuffix("Relationship")
        kind = intern(OLD_WORDS.get(kind, kind))
        ends = (self._known(element.get("source") or ""), self._known(element.get("target") or ""))
        label = f"relationship {identity}"[:300] if identity else place
        if kind not in MEANINGS:
            yield Rejected(label, place, f"“{kind[:60]}” is not a kind of relationship.")
        elif not all(ends):
            yield Rejected(label, place, "It needs a source and a target.")
        elif set(ends) & self.relationships:
            yield Skipped(label, place, "It ends on another relationship, which is no thing.")
        elif set(ends) & self.refused:
            yield Skipped(label, place, "It names an element that was rejected.")
        elif set(ends) & self.streams:
            yield Skipped(label, place, "It ends on a value stream; say on the item's page which it serves.")
        elif unknown := [one for one in ends if one not in self.elements and one not in self.junctions]:
            yield Rejected(label, place, f"It names “{unknown[0][:100]}”, which is not an element of the model.")
        else:
            self.ties.append((kind, *ends))

    def _known(self, end: str) -> str:
        return self.elements.get(end, end)

    def links(self) -> Iterator[Links]:
        """What each element names; every one is answered for, so that what was dropped from the model is seen."""
        self.relationships.clear()
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for kind, source, target in self._through_junctions():
            if source != target:
                found[source].append((kind, target))
        for identity in self.elements:
            links = dict.fromkeys(_link(kind, target) for kind, target in found.pop(identity, ()))
            yield Links(identity, tuple({**links, **self.noted_links.get(identity, {})}))

    def _through_junctions(self) -> Iterator[Tie]:
        """Ties between elements: those over junctions, however many, as if the junctions were not there."""
        onwards: dict[tuple[str, str], list[str]] = defaultdict(list)
        for kind, source, target in self.ties:
            if source in self.junctions:
                onwards[kind, source].append(target)
        found: dict[Tie, None] = {}
        for kind, source, target in self.ties:
            if source in self.junctions:
                continue
            if target not in self.junctions:
                yield kind, source, target
                continue
            waiting, passed = [target], set()
            while waiting and len(found) < MOST_THROUGH_JUNCTIONS + len(self.ties):
                end = waiting.pop()
                if end not in self.junctions:
                    found[kind, source, end] = None
                elif end not in passed:
                    passed.add(end)
                    waiting.extend(onwards.get((kind, end), ()))
        yield from found

    def _place(self, section: str) -> str:
        self.positions[section] += 1
        return f"/model/{section}/{self.positions[section] - 1}"


def _link(kind: str, target: str) -> Link:
    meaning, reverse = MEANINGS[kind]
    return Link(meaning, target, reverse)


def _named(element: Element, name: str) -> str | None:
    """The text of a child that may stand once for each language: English if there is, else the first."""
    found = children(element, name)
    english = [one for one in found if (one.get(LANGUAGE) or "").startswith("en")]
    return next((text for one in (*english, *found) if (text := text_of(one))), None)
