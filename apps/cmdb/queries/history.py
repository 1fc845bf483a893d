"""What the map said before: the past of an item in words, and what stood at a moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.cmdb.models import (
    ConfigurationItem,
    ItemVersion,
    MapChange,
    RelationshipPeriod,
    RelationshipType,
    ValueStream,
)
from apps.core.clock import now
from apps.core.errors import NotFound

CHANGES_A_PAGE = 25
LINES_SHOWN = 50
PERIODS_READ = 2000
PLAIN = ("name", "description", "ci_type", "lifecycle", "criticality", "owner", "release_managed", "redundancy")
LISTS = ("value_streams", "missing_from")


@dataclass(frozen=True, slots=True)
class Line:
    """One difference in words; of a relationship also the key of the other item."""

    field: str
    label: str
    before: str
    after: str
    other: str = ""


@dataclass
class Entry:
    """What one deed did to an item: when, whose deed, and the differences. `left_out` lines are not told."""

    change: MapChange
    at: datetime
    lines: list[Line] = field(default_factory=list)
    is_beginning: bool = False
    is_end: bool = False
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Tie:
    """A relationship of an item as it stood at a moment, with the name that the other end had then."""

    type: RelationshipType
    other_id: int
    key: str
    name: str
    origin: str
    since: datetime
    is_there_still: bool = True


def changes_of(item: int) -> QuerySet[MapChange]:
    """The deeds that changed an item or its relationships, newest first."""
    versions = ItemVersion.objects.filter(item=item)
    periods = (RelationshipPeriod.objects.filter(**{end: item}) for end in ("source", "target"))
    told = Q()
    for rows in (versions, *periods):
        told |= Q(pk__in=rows.values("opened_by"))
        told |= Q(pk__in=rows.filter(closed_by__isnull=False).values("closed_by"))
    return MapChange.objects.filter(told).select_related("run").order_by("-id")


def history_of(item: int, changes: Iterable[MapChange] | None = None) -> list[Entry]:
    """What happened to an item, newest first: all of the `changes`, or the latest. Six queries."""
    changes = list(changes_of(item)[:CHANGES_A_PAGE] if changes is None else changes)
    ids = [one.pk for one in changes]
    versions = _by_change(ItemVersion.objects.filter(item=item).select_related("ci_type", "owner"), ids, "item_id")
    periods = _by_change(RelationshipPeriod.objects.filter(Q(source=item) | Q(target=item)), ids, "relationship_id")
    shown = {change: dict(list(told.items())[:LINES_SHOWN]) for change, told in periods.items()}
    words = _Words()
    ends = _Ends(item, [pair for told in shown.values() for pair in told.values()])
    return [_entry(one, versions[one.pk], shown.get(one.pk, {}), len(periods[one.pk]), words, ends) for one in changes]


def item_known_as(key: str, at: datetime | None = None) -> int:
    """The item that had this key then, has it now, or had it last: what was removed keeps its past."""
    versions = ItemVersion.objects.filter(key=key)
    rows = (
        versions.standing_at(at or now()).values_list("item", flat=True),
        ConfigurationItem.objects.filter(key=key).values_list("pk", flat=True),
        versions.order_by("-valid_from").values_list("item", flat=True),
    )
    found = next((pk for some in rows for pk in some[:1]), None)
    if found is None:
        raise NotFound(f"There is no configuration item “{key[:100]}”, and there never was.")
    return found


def version_at(item: int, at: datetime) -> ItemVersion | None:
    """What the item said of itself at a moment; None when it was not on the map."""
    return ItemVersion.objects.standing_at(at).filter(item=item).select_related("ci_type", "owner").first()


def relationships_of(item: int, at: datetime, *, incoming: bool = False) -> list[Tie]:
    """The relationships of an item that stood at a moment, from it or to it. Four queries."""
    near, far = ("target", "source_id") if incoming else ("source", "target_id")
    periods = list(RelationshipPeriod.objects.standing_at(at).filter(**{near: item}))
    types = RelationshipType.objects.in_bulk({one.type_id for one in periods})
    others = ItemVersion.objects.standing_at(at).filter(item__in={getattr(one, far) for one in periods})
    known = {number: (key, name) for number, key, name in others.values_list("item", "key", "name")}
    there = set(ConfigurationItem.objects.filter(pk__in=known).values_list("pk", flat=True))
    ties = [
        Tie(types[one.type_id], number, *known[number], one.origin, one.valid_from, number in there)
        for one in periods
        if (number := getattr(one, far)) in known and one.type_id in types
    ]
    return sorted(ties, key=lambda one: (one.type.name, one.name, one.key))


# What one deed changed: of each thing the period before it and the period after it


def _by_change(rows: QuerySet, ids: list[int], subject: str) -> dict[int, dict[int, list[Any]]]:
    """change → thing → [period before, period after]; either may be None. What a deed took back itself is not told."""
    pairs: dict[int, dict[int, list[Any]]] = defaultdict(lambda: defaultdict(lambda: [None, None]))
    found = rows.filter(Q(opened_by__in=ids) | Q(closed_by__in=ids)).order_by("valid_from", "id")
    for one in found[:PERIODS_READ]:
        if one.opened_by_id == one.closed_by_id:
            continue
        pairs[one.opened_by_id][getattr(one, subject)][1] = one
        if one.closed_by_id:
            pairs[one.closed_by_id][getattr(one, subject)][0] = one
    return pairs


def _entry(
    change: MapChange,
    versions: dict[int, list[ItemVersion | None]],
    periods: dict[int, list[RelationshipPeriod | None]],
    many: int,
    words: _Words,
    ends: _Ends,
) -> Entry:
    ends_at = [
        after.valid_from if after is not None else before.valid_to
        for before, after in (*versions.values(), *periods.values())
    ]
    entry = Entry(change, max(ends_at, default=change.at), left_out=many - len(periods))
    for before, after in versions.values():
        entry.is_beginning, entry.is_end = before is None, after is None
        if after is not None:
            entry.lines += words.differences(before, after)
    entry.lines += sorted(
        (ends.line(before, after) for before, after in periods.values()),
        key=lambda one: (one.label, one.after, one.before),
    )
    return entry


class _Words:
    """Values of versions as people say them; the value streams they name are looked up together."""

    def __init__(self) -> None:
        self.streams = {one.pk: str(one) for one in ValueStream.objects.all()}

    def differences(self, before: ItemVersion | None, after: ItemVersion) -> list[Line]:
        """Field by field what is another than before; of a beginning everything that is not empty."""
        found = []
        for name in (*PLAIN, *LISTS):
            label = capfirst(str(ItemVersion._meta.get_field(name).verbose_name))
            found.append(Line(name, label, self._said(before, name), self._said(after, name)))
        old = before.attributes if before is not None else {}
        found += [
            Line(f"attributes.{name}", name, _text(old.get(name)), _text(after.attributes.get(name)))
            for name in sorted({*old, *after.attributes})
        ]
        return [one for one in found if one.before != one.after]

    def _said(self, version: ItemVersion | None, name: str) -> str:
        if version is None:
            return ""
        gone = _("something since removed")
        if name == "ci_type":
            return str(version.ci_type or gone)
        if name == "owner":
            return str(version.owner or gone) if version.owner_id else ""
        if name == "value_streams":
            return ", ".join(sorted(self.streams.get(pk, gone) for pk in version.value_streams))
        if name == "missing_from":
            return ", ".join(version.missing_from)
        if name == "release_managed":
            return _("yes") if version.release_managed else _("no")
        shown = getattr(version, f"get_{name}_display", None)
        return _text(shown() if shown else getattr(version, name))


class _Ends:
    """Relationships as seen from one item: the other end by the name it had last."""

    def __init__(self, item: int, pairs: list[list[RelationshipPeriod | None]]) -> None:
        self.item = item
        periods = [one for pair in pairs for one in pair if one is not None]
        self.types = {one.pk: one for one in RelationshipType.objects.all()}
        items = {item, *(self._other(one) for one in periods)}
        versions = ItemVersion.objects.filter(item__in=items).order_by("valid_from")
        self.known = {number: (key, name) for number, key, name in versions.values_list("item", "key", "name")}

    def _other(self, one: RelationshipPeriod) -> int:
        return one.target_id if one.source_id == self.item else one.source_id

    def line(self, before: RelationshipPeriod | None, after: RelationshipPeriod | None) -> Line:
        one = after or before
        kind = self.types.get(one.type_id)
        label = (kind.name if one.source_id == self.item else kind.reverse_name) if kind else _("related to")
        key, name = self.known.get(self._other(one), ("", _("something since removed")))
        if before is not None and after is not None:
            return Line(
                "relationships", capfirst(label), self._with_source(name, before), self._with_source(name, after), key
            )
        if after is not None:
            return Line("relationships", capfirst(label), "", name, key)
        gone = _("no longer named by %s") % (before.origin or _("a person")) if before.went_missing else ""
        return Line("relationships", capfirst(label), name, gone, key)

    def _with_source(self, name: str, one: RelationshipPeriod) -> str:
        return f"{name} ({one.origin or _('a person')})"


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    text = str(value)
    return text if len(text) <= 200 else f"{text[:199]}…"
