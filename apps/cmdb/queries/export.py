"""The map written out in any format that can be read, a piece at a time, so that its size costs no memory."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Prefetch, Q, QuerySet

from apps.accounts.models import Team
from apps.cmdb.formats import TABLES
from apps.cmdb.formats.columns import LINKS, Layout
from apps.cmdb.formats.things import Group, Thing, Tie
from apps.cmdb.formats.writers import ENDINGS, writer_of
from apps.cmdb.models import ConfigurationItem, Identifier, Relationship, ValueStream
from apps.cmdb.queries.mappings import layout_named
from apps.core.errors import FieldError, Invalid

AT_A_TIME = 1000
NO_LAYOUT = Layout(columns=())


def exported(source: str = "", format: str = "tidegate", mapping: str = "") -> Iterator[bytes]:
    """The file, in pieces. Raises Invalid before the first of them when it cannot be written."""
    writer = writer_of(format)
    if format not in TABLES:
        return (piece.encode() for piece in writer(StoredMap(source)))
    layout = layout_named(mapping)
    _check_identities(layout, source)
    has_incoming = any(LINKS.get(one.meaning) for one in layout.columns)
    map = StoredMap(source, has_incoming=has_incoming)
    pieces = writer(map, layout)
    encoding = layout.encoding or "utf-8"
    return (one if isinstance(one, bytes) else one.encode(encoding, "replace") for one in pieces)


def file_name(format: str) -> str:
    return f"cmdb{ENDINGS[format]}"


def _check_identities(layout: Layout, source: str) -> None:
    meanings = {one.meaning for one in layout.columns}
    if "key" not in meanings and not source:
        detail = (
            "The mapping has no column for the key, so nobody could tell the items again. Add one, or name the source "
            "whose identities the table is to hold."
        )
        raise Invalid([FieldError("?mapping", "no_key", detail)])


class StoredMap:
    """The map as the database has it: all of it, or what a source knows."""

    def __init__(self, source: str = "", *, has_incoming: bool = False) -> None:
        self.source, self.has_incoming = source, has_incoming

    def teams(self) -> Iterator[Group]:
        ids = self._items().values("pk")
        owns = Q(items__in=ids) | Q(value_streams__items__in=ids)
        for team in Team.objects.filter(owns).distinct().order_by("slug").iterator(chunk_size=AT_A_TIME):
            yield Group(team.slug, team.name, team.description)

    def value_streams(self) -> Iterator[Group]:
        rows = ValueStream.objects.filter(items__in=self._items().values("pk")).distinct()
        for one in rows.select_related("owner").order_by("slug").iterator(chunk_size=AT_A_TIME):
            yield Group(one.slug, one.name, one.description, one.owner.slug if one.owner else None)

    def things(self) -> Iterator[Thing]:
        """In the order of their keys; relationships in that of type and target."""
        rows = self._items().select_related("ci_type", "owner").prefetch_related("value_streams", *self._ties())
        if self.source:
            rows = rows.prefetch_related(self._names("identifiers"))
        for ci in rows.order_by("key").iterator(chunk_size=AT_A_TIME):
            yield self._thing(ci)

    def _items(self) -> QuerySet[ConfigurationItem]:
        rows = ConfigurationItem.objects.all()
        if not self.source:
            return rows
        return rows.filter(pk__in=Identifier.objects.filter(source=self.source).values("ci"))

    def _ties(self) -> Iterator[Prefetch]:
        rows = Relationship.objects.filter(missing_since__isnull=True)
        for name, end in (("outgoing", "target"), ("incoming", "source")):
            if name == "incoming" and not self.has_incoming:
                continue
            found = rows.select_related("type", f"{end}__ci_type").order_by("type__slug", f"{end}__key")
            if self.source:
                found = found.filter(**{f"{end}__in": self._items().values("pk")})
                found = found.prefetch_related(self._names(f"{end}__identifiers"))
            yield Prefetch(name, found, to_attr=f"{name}_ties")

    def _names(self, path: str) -> Prefetch:
        return Prefetch(path, Identifier.objects.filter(source=self.source).order_by("pk"), to_attr="own_names")

    def _thing(self, ci: ConfigurationItem) -> Thing:
        return Thing(
            key=ci.key,
            name=ci.name,
            ci_type=ci.ci_type.slug,
            description=ci.description,
            lifecycle=ci.lifecycle,
            criticality=ci.criticality,
            owner=ci.owner.slug if ci.owner else None,
            release_managed=ci.release_managed,
            redundancy=ci.redundancy,
            attributes=ci.attributes,
            value_streams=tuple(sorted(one.slug for one in ci.value_streams.all())),
            ties=tuple(_tie(one, one.target) for one in ci.outgoing_ties),
            incoming=tuple(_tie(one, one.source) for one in getattr(ci, "incoming_ties", ())),
            identity=_identity(ci),
        )


def _tie(edge: Relationship, other: ConfigurationItem) -> Tie:
    return Tie(edge.type.slug, other.key, other.ci_type.slug, _identity(other))


def _identity(ci: ConfigurationItem) -> str:
    names = getattr(ci, "own_names", ())
    return names[0].external_id if names else ""
