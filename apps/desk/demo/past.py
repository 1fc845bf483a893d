"""How the estate came to be what it is: a data centre's inventory, an upgrade, an old gate controller that was replaced."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from apps.cmdb import actions as cmdb
from apps.cmdb.models import CIType, ConfigurationItem, Relationship, RelationshipType
from apps.desk.demo.cast import Cast
from apps.desk.demo.estate import item
from apps.desk.demo.plots import DAY, HOUR

LEFT_BEHIND = ("kubernetes-1.16", "kubernetes-1.17", "kubernetes-1.18")
HOSTS = {"node-n1": "Node N1", "node-n2": "Node N2", "node-n3": "Node N3"}


def plots(cast: Cast, present: datetime) -> Iterator[Iterator[datetime]]:
    yield _inventory(cast, present)
    yield _upgrade(cast, present)
    yield _gate_controller(cast, present)
    yield _old_lines(cast, present)
    yield _walk_round(cast, present)


def _inventory(cast: Cast, present: datetime) -> Iterator[datetime]:
    """The data centre reports its nodes; the oldest leaves the rack, and a new one comes."""
    for days, names, memory in ((210, ("node-n1", "node-n2"), 128), (95, ("node-n2", "node-n3"), 256)):
        yield present - days * DAY + 2 * HOUR
        cmdb.import_catalog(
            source="datacentre",
            format="tidegate",
            content=json.dumps(_nodes(names, memory)).encode(),
            file_name="inventory.json",
            complete=True,
            by=cast.rune,
        )


def _nodes(names: tuple[str, ...], memory: int) -> dict[str, Any]:
    """The cluster consists of these nodes: each is part of it."""
    items = [
        {"key": key, "name": HOSTS[key], "ci_type": "host", "owner": "platform", "attributes": {"memory_gib": memory}}
        for key in names
    ]
    cluster = {"key": "cluster-north", "name": "Cluster North", "ci_type": "host"}
    ties = [{"source": key, "type": "part-of", "target": "cluster-north"} for key in names]
    return {"format": "tidegate-cmdb", "version": 1, "items": [cluster, *items], "relationships": ties}


def _upgrade(cast: Cast, present: datetime) -> Iterator[datetime]:
    """The booking database grows with what stands on it."""
    yield present - 320 * DAY
    engine = {"engine": "PostgreSQL 13", "size_gib": 180}
    cmdb.change_ci(ci=item("booking-db"), attributes=engine, criticality=2, by=cast.olga)
    yield present - 170 * DAY
    engine = {"engine": "PostgreSQL 15", "size_gib": 240}
    note = "Upgraded over the weekend; nobody noticed."
    cmdb.change_ci(ci=item("booking-db"), attributes=engine, note=note, by=cast.olga)
    yield present - 110 * DAY
    note = "Group bookings stand on it: it is vital from now on."
    cmdb.change_ci(ci=item("booking-db"), criticality=1, note=note, by=cast.olga)


def _old_lines(cast: Cast, present: datetime) -> Iterator[datetime]:
    """The platform has left these lines of Kubernetes behind; no newer version of them will come."""
    yield present - 200 * DAY
    for ci in ConfigurationItem.objects.filter(key__in=LEFT_BEHIND):
        cmdb.retire_ci(ci=ci, note="Replaced by a later line.", by=cast.rune)


def _walk_round(cast: Cast, present: datetime) -> Iterator[datetime]:
    """Every autumn the teams walk round their part of the map and say what is still so; boarding has not come to it."""
    yield present - 24 * DAY
    confirmed = Relationship.objects.filter(missing_since=None).exclude(source__owner__slug="boarding")
    for edge in confirmed.exclude(source__lifecycle="retired").select_related("source").order_by("pk"):
        cmdb.confirm_relationship(relationship=edge, note="Walked round in the autumn.", by=cast.rosa)


def _gate_controller(cast: Cast, present: datetime) -> Iterator[datetime]:
    """Check-in once leaned on a controller at the quay that nobody could mend any more."""
    needs = RelationshipType.objects.get(slug="depends-on")
    yield present - 380 * DAY
    old = cmdb.create_ci(
        key="gate-controller",
        name="Gate controller",
        ci_type=CIType.objects.get(slug="application"),
        owner=item("check-in").owner,
        by=cast.olga,
    )
    cmdb.create_relationship(source=item("check-in-app"), type=needs, target=old, by=cast.olga)
    yield present - 150 * DAY
    edge = Relationship.objects.get(source__key="check-in-app", target=old)
    cmdb.remove_relationship(
        relationship=edge, note="The app opens the gates itself since the new season.", by=cast.olga
    )
    yield present - 120 * DAY
    cmdb.retire_ci(ci=old, note="Scrapped with the old quay.", by=cast.olga)
