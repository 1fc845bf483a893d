"""What a deed leaves behind: one audit entry and one event, written beside its effect."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import models

from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.models import AuditEntry, OutboxEvent, Recorded, label_of

LONG = 2000


def plain(value: Any) -> Any:
    """A value as JSON keeps it; long texts are cut, binary is only counted."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, bytes | memoryview):
        return f"{len(value)} bytes"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, models.Model):
        return key_of(value)
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    text = str(value)
    return text if len(text) <= LONG else f"{text[:LONG]}…"


def plain_field(row: models.Model, field: models.Field) -> Any:
    """A column as the trail shows it: a related record by its public key where it is in hand, else by id."""
    if field.is_relation and field.is_cached(row):
        related = getattr(row, field.name)
        return None if related is None else key_of(related)
    if field.is_relation:
        return getattr(row, field.attname)
    return plain(getattr(row, field.attname))


def key_of(obj: models.Model) -> str:
    return obj.audit_key if isinstance(obj, Recorded) else str(obj)


def write(
    obj: models.Model,
    verb: str,
    *,
    by: Actor,
    note: str = "",
    before: str = "",
    after: str = "",
    changes: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
) -> AuditEntry:
    """One audit entry and its event. Called inside the transaction of the effect, by `core.moves` alone."""
    root = obj.audit_root() if isinstance(obj, Recorded) else obj
    kind, key = label_of(obj), key_of(obj)
    changes, data = plain(changes or {}), plain(data or {})
    entry = AuditEntry(
        event=f"{kind}.{verb}",
        door=by.door,
        actor=by.user,
        actor_name=by.label,
        token_name=str(getattr(by.token, "name", "") or ""),
        subject_type=kind,
        subject_id=str(obj.pk),
        subject_key=key,
        root_type=label_of(root),
        root_key=key_of(root),
        before=before,
        after=after,
        changes=changes,
        data=data,
        note=note,
        request_id=by.request_id,
    )
    entry.save(force_insert=True)
    OutboxEvent(
        name=entry.event,
        subject_type=kind,
        subject_id=entry.subject_id,
        subject_key=key,
        available_at=now(),
        payload={
            "key": key,
            "root_type": entry.root_type,
            "root_key": entry.root_key,
            "from": before,
            "to": after,
            "note": note,
            "actor": by.label,
            "actor_id": by.user.pk if by.user is not None else None,
            "door": str(by.door),
            "request_id": by.request_id,
            "audit_id": entry.pk,
            "changes": changes,
            "data": data,
        },
    ).save(force_insert=True)
    return entry
