"""The one write path: every change of a record, its audit entry and its event, in one database transaction.

Only actions and the admin kit import this module. Each function locks the row, judges, writes, and returns the row as
it now is; the caller goes on with the row it got back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2s
from inspect import getdoc
from secrets import token_bytes
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from apps.core import trail
from apps.core.actor import Actor
from apps.core.blockers import Blocker
from apps.core.errors import FieldError, Invalid, NotFound, NotNow, NotPermitted
from apps.core.lifecycle import StatusField, blockers_of, status_field, status_of, step_named
from apps.core.models import Recorded

_VEIL = token_bytes(16)
Row = TypeVar("Row", bound=models.Model)
UNSPOKEN = {"version", "created_at", "updated_at"}  # columns the trail never mentions; a model adds `audit_unspoken`
HIDDEN = frozenset({"password"})  # columns of which the trail only says that they changed; a model adds `audit_hidden`


def lock(obj: Row) -> Row:
    """The row as it is now, locked until the transaction ends."""
    found = type(obj)._base_manager.select_for_update(of=("self",)).filter(pk=obj.pk).first()
    if found is None:
        raise NotFound(f"This {obj._meta.verbose_name} does not exist any more.")
    return found


def require(permission: Callable[[Any, Any], bool], subject: Any, by: Actor) -> None:
    """Refuse unless the actor's roles allow it. The system passes permissions, never guards."""
    if by.is_system:
        return
    if not (by.user.is_active and permission(subject, by.user)):
        reason = (getdoc(permission) or "").split("\n\n")[0]
        raise NotPermitted(reason or "Your roles do not allow this.")


@transaction.atomic
def move(
    obj: Row,
    step: str,
    *,
    by: Actor,
    note: str = "",
    change: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
) -> Row:
    """Take one step of the record's chart. Raises NotNow (every blocker) before NotPermitted: a late click is a 409."""
    row = lock(obj)
    _judge(row, step, by=by, note=note)
    before = status_of(row)
    old = _snapshot(row)
    row._judged_step = step
    getattr(row, step)()
    row._judged_step = None
    _apply(row, change or {})
    _save(row)
    trail.write(
        row, step, by=by, note=note, before=before, after=status_of(row), changes=_difference(row, old), data=data
    )
    return row


def _judge(row: models.Model, step: str, *, by: Actor, note: str) -> None:
    blockers = blockers_of(row, step)
    if blockers:
        raise NotNow(blockers)
    info = step_named(type(row), step)
    if info.permission is not None:
        require(info.permission, row, by)
    if info.note == "required" and not note.strip():
        raise Invalid.field("note", "required", f"“{info.label}” needs a reason.")


@transaction.atomic
def create(obj: Row, *, by: Actor, verb: str = "create", note: str = "", data: dict[str, Any] | None = None) -> Row:
    """Write a new record, at the beginning of its chart. Raises Invalid, field by field."""
    _refuse_head_start(obj)
    _validate(obj)
    _save(obj)
    trail.write(obj, verb, by=by, note=note, after=_status_or_blank(obj), changes=_difference(obj, {}), data=data)
    return obj


@transaction.atomic
def change(
    obj: Row,
    fields: dict[str, Any],
    *,
    by: Actor,
    verb: str = "change",
    note: str = "",
    data: dict[str, Any] | None = None,
) -> Row:
    """Change columns of a record. When nothing differs, nothing is written."""
    row = lock(obj)
    _fetch_related(row, fields)
    old = _snapshot(row)
    _apply(row, fields)
    changes = _difference(row, old)
    if not changes:
        return row
    _validate(row, only=set(fields))
    _save(row)
    trail.write(row, verb, by=by, note=note, changes=changes, data=data)
    return row


@transaction.atomic
def relate(
    obj: Row, name: str, others: Iterable[models.Model], *, by: Actor, verb: str = "change", note: str = ""
) -> Row:
    """Set a many-to-many relation of a record. When nothing differs, nothing is written."""
    row = lock(obj)
    others = list(others)
    relation = getattr(row, name)
    old = {other.pk: str(other) for other in relation.all()}
    new = {other.pk: str(other) for other in others}
    if old.keys() == new.keys():
        return row
    relation.set(others)
    _save(row)
    trail.write(row, verb, by=by, note=note, changes={name: [sorted(old.values()), sorted(new.values())]})
    return row


@transaction.atomic
def remove(obj: models.Model, *, by: Actor, verb: str = "remove", note: str = "", data: dict | None = None) -> None:
    """Delete a record; the audit entry keeps what it was."""
    row = lock(obj)
    old = _snapshot(row)
    kept = {name: [value, None] for name, value in old.items() if value not in (None, "", [], {})}
    try:
        trail.write(row, verb, by=by, note=note, before=_status_or_blank(row), changes=kept, data=data)
        row.delete()
    except models.ProtectedError as error:
        users = sorted({str(one._meta.verbose_name) for one in error.protected_objects})
        raise NotNow(
            [
                Blocker(
                    "in_use",
                    f"It cannot be removed: it is still used by {len(error.protected_objects)} record(s) "
                    f"({', '.join(users)}).",
                )
            ]
        ) from error
    except IntegrityError as error:
        raise NotNow([Blocker("in_use", "It cannot be removed: something that is published names it.")]) from error


@transaction.atomic
def record(
    obj: models.Model,
    verb: str,
    *,
    by: Actor,
    note: str = "",
    changes: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Note a deed that changes no column of the record itself: an import finished, many parts written at once."""
    trail.write(obj, verb, by=by, note=note, changes=changes or {}, data=data)


@transaction.atomic
def create_many(
    objs: Sequence[Row],
    *,
    by: Actor,
    about: models.Model,
    verb: str,
    data: dict[str, Any] | None = None,
    note: str = "",
) -> list[Row]:
    """Write many new rows with one audit entry about the record they belong to. The caller has validated them."""
    rows = list(objs)
    if not rows:
        return rows
    try:
        written = type(rows[0])._base_manager.bulk_create(rows, batch_size=500)
    except IntegrityError as error:
        raise _clash(rows[0], error) from error
    trail.write(about, verb, by=by, note=note, data={"count": len(rows), **(data or {})})
    return written


@transaction.atomic
def save_many(
    rows: Sequence[Row], fields: Sequence[str], *, by: Actor, about: models.Model, verb: str, note: str = ""
) -> int:
    """Write `fields` of many changed rows with one audit entry about the record they belong to. Never a status."""
    if not rows:
        return 0
    _refuse_status(type(rows[0]), dict.fromkeys(fields))
    for row in rows:
        row.version += 1
    type(rows[0])._base_manager.bulk_update(rows, [*fields, "version"], batch_size=500)
    trail.write(about, verb, by=by, note=note, data={"count": len(rows), "keys": [trail.key_of(row) for row in rows]})
    return len(rows)


def change_many(
    rows: models.QuerySet, fields: dict[str, Any], *, by: Actor, about: models.Model, verb: str, note: str = ""
) -> int:
    """Set the same columns on many rows with one audit entry about the record they belong to. Never a status."""
    _refuse_status(rows.model, fields)
    with transaction.atomic():
        if any(one.name == "version" for one in rows.model._meta.concrete_fields):
            fields = {**fields, "version": models.F("version") + 1}
        count = rows.update(**fields)
        if count:
            shown = {name: [None, trail.plain(value)] for name, value in fields.items() if name not in UNSPOKEN}
            trail.write(about, verb, by=by, note=note, changes=shown, data={"count": count})
        return count


def _apply(row: models.Model, fields: dict[str, Any]) -> None:
    _refuse_status(type(row), fields)
    for name, value in fields.items():
        row._meta.get_field(name)
        setattr(row, name, value)


def _fetch_related(row: models.Model, fields: dict[str, Any]) -> None:
    """Have the related records in hand that are about to change, so that before and after are both told by their key."""
    for name in fields:
        field = row._meta.get_field(name)
        if field.is_relation and not field.is_cached(row) and getattr(row, field.attname) is not None:
            getattr(row, name)


def _refuse_status(model: type[models.Model], fields: dict[str, Any]) -> None:
    for one in model._meta.concrete_fields:
        if isinstance(one, StatusField) and one.name in fields:
            raise TypeError(f"The status of a {model._meta.verbose_name} changes only by a step of its chart.")


def _refuse_head_start(obj: models.Model) -> None:
    """django-fsm-2 lets a constructor set a protected status."""
    for one in obj._meta.concrete_fields:
        if isinstance(one, StatusField) and getattr(obj, one.attname) != one.default:
            raise TypeError(f"A new {obj._meta.verbose_name} begins as {one.default}; it moves on by its steps.")


def _status_or_blank(obj: models.Model) -> str:
    has_status = any(isinstance(one, StatusField) for one in obj._meta.concrete_fields)
    return getattr(obj, status_field(type(obj)).attname) if has_status else ""


def _snapshot(row: models.Model) -> dict[str, Any]:
    hidden = HIDDEN | getattr(row, "audit_hidden", frozenset())
    unspoken = UNSPOKEN | getattr(row, "audit_unspoken", frozenset())
    return {
        one.name: _veil(row, one) if one.name in hidden else trail.plain_field(row, one)
        for one in row._meta.concrete_fields
        if one.name not in unspoken and not one.primary_key and not isinstance(one, StatusField)
    }


def _veil(row: models.Model, field: models.Field) -> str:
    """Enough to see that a secret changed, nothing to learn it from."""
    return f"••• {blake2s(str(getattr(row, field.attname)).encode(), key=_VEIL, digest_size=4).hexdigest()}"


def _difference(row: models.Model, old: dict[str, Any]) -> dict[str, list[Any]]:
    """`{field: [before, after]}`; of a new record only what is not empty."""
    new = _snapshot(row)
    if not old:
        return {name: [None, value] for name, value in new.items() if value not in (None, "", [], {})}
    return {name: [old[name], value] for name, value in new.items() if old[name] != value}


def _save(row: models.Model) -> None:
    """Insert, or write the whole row with its version counted up."""
    try:
        if row._state.adding:
            row.save(force_insert=True)
            return
        if isinstance(row, Recorded):
            row.version += 1
        row.save(force_update=True)
    except IntegrityError as error:
        raise _clash(row, error) from error


def _validate(row: models.Model, only: set[str] | None = None) -> None:
    """Django's own validation, minus the queries for related rows that are already in hand."""
    known = {
        one.name
        for one in row._meta.concrete_fields
        if isinstance(one, StatusField) or (one.is_relation and one.is_cached(row))
    }
    skipped = known | {one.name for one in row._meta.concrete_fields if only is not None and one.name not in only}
    try:
        row.clean_fields(exclude=skipped)
        row.clean()
        row.validate_unique(exclude=skipped if only is not None else None)
    except ValidationError as error:
        raise Invalid.from_validation(error) from error


def _clash(row: models.Model, error: IntegrityError) -> Invalid:
    """Name the constraint that the database held up, in the words of the model."""
    text = str(error)
    columns = {one.column: one.name for one in row._meta.concrete_fields}
    for constraint in row._meta.constraints:
        fields = getattr(constraint, "fields", ())
        listed = ", ".join(f"{row._meta.db_table}.{row._meta.get_field(name).column}" for name in fields)
        if constraint.name in text or (listed and text.endswith(listed)):
            said = constraint.get_violation_error_message()
            if said != constraint.default_violation_error_message % {"name": constraint.name}:
                return Invalid([FieldError(fields[0] if fields else "", constraint.name, str(said))])
            if fields:
                known = " and ".join(str(row._meta.get_field(name).verbose_name) for name in fields)
                message = f"There is already a {row._meta.verbose_name} with this {known}."
                return Invalid([FieldError(fields[-1], "unique", message)])
            return Invalid([FieldError("", constraint.name, f"The database refuses this: {constraint.name}.")])
    named = next((name for column, name in columns.items() if f".{column}" in text or f"({column})" in text), "")
    if "unique" in text.lower() and named:
        return Invalid.field(named, "unique", f"There is already a {row._meta.verbose_name} with this {named}.")
    return Invalid([FieldError(named, "integrity", "The database refuses this: it does not fit what is there.")])
