"""Windows and freezes for tests, set by real actions; what they are over is made at first use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from apps.cmdb.models import CIType, ConfigurationItem, Environment, Party, ServiceRelationship, ValueStream
from apps.core import moves
from apps.schedule import actions
from apps.schedule.models import Freeze, FreezeException, Window
from tests.people import SYSTEM, acting

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DIGEST = "d" * 64


def environment(slug: str) -> Environment:
    found = Environment.objects.filter(slug=slug).first()
    return found or moves.create(Environment(slug=slug, name=slug.capitalize(), order=1), by=SYSTEM)


def service(key: str) -> ConfigurationItem:
    kind = CIType.objects.filter(slug="service").first()
    kind = kind or moves.create(CIType(slug="service", name="Service"), by=SYSTEM)
    found = ConfigurationItem.objects.filter(key=key).first()
    return found or moves.create(ConfigurationItem(key=key, name=key.capitalize(), ci_type=kind), by=SYSTEM)


def value_stream(slug: str) -> ValueStream:
    found = ValueStream.objects.filter(slug=slug).first()
    return found or moves.create(ValueStream(slug=slug, name=slug), by=SYSTEM)


def party(slug: str, *services: str) -> Party:
    """A consumer of these services."""
    made = moves.create(Party(slug=slug, name=slug.capitalize()), by=SYSTEM)
    for key in services:
        moves.create(ServiceRelationship(party=made, service=service(key)), by=SYSTEM)
    return made


def freeze(name: str = "Year's end", start: datetime = MONDAY, hours: float = 24, **fields: Any) -> Freeze:
    return actions.create_freeze(
        name=name, starts_at=start, ends_at=start + timedelta(hours=hours), by=acting("rosa"), **fields
    )


def window(name: str = "Weekly", start: datetime = MONDAY, hours: float = 2, **fields: Any) -> Window:
    return actions.create_window(
        name=name, starts_at=start, ends_at=start + timedelta(hours=hours), by=acting("rosa"), **fields
    )


def ask(of: Freeze, **fields: Any) -> FreezeException:
    """Carl asks to let REL-2026-0001 through."""
    given = {"release_key": "REL-2026-0001", "digest": DIGEST, "reason": "A hole must be closed.", **fields}
    return actions.request_exception(freeze=of, by=acting("carl"), **given)
