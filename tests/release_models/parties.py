"""Parties for tests: three consumers of payments, and one of a service that the model does not apply to."""

from __future__ import annotations

from typing import Any

from apps.cmdb.models import CIType, ConfigurationItem, Party, ServiceRelationship, ValueStream
from apps.core import moves
from apps.release_models.models import Communication, ModelVersion
from tests.people import SYSTEM
from tests.release_models.models import draft, model, publish, small


def service(key: str, *, type: str = "service", stream: str = "", **fields: Any) -> ConfigurationItem:
    kind = CIType.objects.filter(slug=type).first()
    kind = kind or moves.create(CIType(slug=type, name=type.capitalize()), by=SYSTEM)
    made = moves.create(ConfigurationItem(key=key, name=key.capitalize(), ci_type=kind, **fields), by=SYSTEM)
    if stream:
        moves.relate(made, "value_streams", [moves.create(ValueStream(slug=stream, name=stream), by=SYSTEM)], by=SYSTEM)
    return made


def party(slug: str, of: ConfigurationItem, role: str = "consumer") -> Party:
    made = Party.objects.filter(slug=slug).first() or moves.create(
        Party(slug=slug, name=slug.capitalize(), email=f"{slug}@example.com"), by=SYSTEM
    )
    moves.create(ServiceRelationship(party=made, service=of, role=role), by=SYSTEM)
    return made


def told(**parts: Any) -> ModelVersion:
    """A version for services, published and told to bank, shop and tax office; the farm consumes a product."""
    payments = service("payments")
    for slug in ("bank", "shop", "tax-office"):
        party(slug, payments)
    party("farm", service("catalogue", type="product"))
    return publish(draft(model(), small(applies={"subject_types": ["service"]}, **parts)))


def to(slug: str) -> Communication:
    return Communication.objects.get(party__slug=slug)
