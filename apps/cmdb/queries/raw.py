"""Plain SQL in the dialect of the database at hand: many ids as one parameter, and moments as they come back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

AMONG = {"postgresql": "= ANY(CAST(%({name})s AS bigint[]))", "sqlite": "IN (SELECT value FROM json_each(%({name})s))"}


def among(name: str) -> str:
    """The condition that a number is one of the parameter `name`, which `array` made."""
    return AMONG[connection.vendor].format(name=name)


def array(ids: list[int]) -> str:
    """Many ids as the one value of a parameter: text, because psycopg writes a list number by number, ten times slower."""
    said = ",".join(map(str, ids))
    return f"{{{said}}}" if connection.vendor == "postgresql" else f"[{said}]"


def ask(sql: str, parameters: dict[str, Any]) -> list[Sequence[Any]]:
    """The rows of a question."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def as_parameter(at: datetime) -> Any:
    """A moment as the column holds it."""
    return connection.ops.adapt_datetimefield_value(at)


def as_moment(value: Any) -> datetime | None:
    """SQLite hands back text without a zone: it is UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value
