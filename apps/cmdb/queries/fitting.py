"""Which items of a type do not keep to its attributes."""

from __future__ import annotations

from dataclasses import dataclass

from apps.cmdb.models import CIType, ConfigurationItem
from apps.cmdb.models.attributes import faults_of

MOST_LOOKED_AT = 5000
MOST_NAMED = 10


@dataclass(frozen=True)
class Unfit:
    """How many of the items that were looked at do not fit, and the first of them with what is wrong."""

    count: int
    first: list[tuple[ConfigurationItem, str]]
    looked: int
    left_out: bool


def unfit_items(ci_type: CIType) -> Unfit:
    """A schema that takes anything is not asked about. One query; so many items at most."""
    rows = ConfigurationItem.objects.filter(ci_type=ci_type).only("key", "name", "attributes").order_by("key")
    found = list(rows[: MOST_LOOKED_AT + 1]) if ci_type.attribute_schema else []
    wrong = [
        (one, faults[0])
        for one in found[:MOST_LOOKED_AT]
        if (faults := faults_of(one.attributes, ci_type.attribute_schema))
    ]
    return Unfit(len(wrong), wrong[:MOST_NAMED], min(len(found), MOST_LOOKED_AT), len(found) > MOST_LOOKED_AT)
