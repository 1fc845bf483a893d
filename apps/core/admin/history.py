"""The History tab: the audit trail of a record and of its parts, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from apps.core.admin.tabs import HISTORY_SLUG, Tab
from apps.core.models import AuditEntry, Recorded, label_of

ENTRIES_A_PAGE = 50


@dataclass(frozen=True)
class ChangeLine:
    """One field of one deed, before and after, as text."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class HistoryLine:
    """One deed as a row of the History table."""

    entry: AuditEntry
    verb: str
    part: str
    changes: list[ChangeLine]


def entries_about(obj: Model) -> QuerySet[AuditEntry]:
    """Every deed on this record, and on the parts whose timeline it is."""
    own = Q(subject_type=label_of(obj), subject_id=str(obj.pk))
    if isinstance(obj, Recorded) and obj.audit_root() == obj:
        own |= Q(root_type=label_of(obj), root_key=obj.audit_key)
    return AuditEntry.objects.filter(own).order_by("-id")


def as_line(entry: AuditEntry, subject: Model | None = None) -> HistoryLine:
    event = entry.event.split(".")
    is_own = subject is not None and entry.subject_type == label_of(subject) and entry.subject_id == str(subject.pk)
    part = (
        ""
        if is_own
        else f"{capfirst(event[-2].replace('_', ' ')) if len(event) > 1 else ''} {entry.subject_key}".strip()
    )
    return HistoryLine(entry, capfirst(event[-1].replace("_", " ")), part, _changes(entry.changes))


def _changes(changes: Any) -> list[ChangeLine]:
    lines = []
    for field, pair in (changes or {}).items():
        before, after = _pair(pair)
        lines.append(ChangeLine(capfirst(field.replace("_", " ")), _text(before), _text(after)))
    return lines


def _pair(pair: Any) -> tuple[Any, Any]:
    if isinstance(pair, list | tuple) and len(pair) == 2:
        return pair[0], pair[1]
    if isinstance(pair, dict) and {"before", "after"} & pair.keys():
        return pair.get("before"), pair.get("after")
    if isinstance(pair, dict) and {"from", "to"} & pair.keys():
        return pair.get("from"), pair.get("to")
    return None, pair


def _text(value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    text = str(value)
    return text if len(text) <= 160 else f"{text[:159]}…"


def history_context(admin: Any, request: HttpRequest, obj: Model) -> dict[str, Any]:
    page = Paginator(admin.history_entries(obj), ENTRIES_A_PAGE).get_page(request.GET.get("p"))
    return {"history_page": page, "history": [as_line(entry, obj) for entry in page]}


HISTORY = Tab(HISTORY_SLUG, _("History"), "admin/record/history.html", history_context)


def changed_since(obj: Any, version: int) -> list[str]:
    """In words, what happened to a record after the given version of it was read."""
    missed = max(int(obj.version) - version, 1)
    entries = (
        entries_about(obj).filter(subject_type=label_of(obj), subject_id=str(obj.pk)).exclude(changes={}, after="")
    )
    sentences = []
    for entry in entries[:missed]:
        line = as_line(entry, obj)
        what = "; ".join(f"{change.field}: {change.before} → {change.after}" for change in line.changes)
        moved = f"{entry.before} → {entry.after}" if entry.after and entry.after != entry.before else ""
        deed = " ".join(filter(None, [line.verb.lower(), moved]))
        sentences.append(f"{entry.actor_name}, {entry.at:%Y-%m-%d %H:%M} UTC: {deed}{f' ({what})' if what else ''}")
    return sentences
