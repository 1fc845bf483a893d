"""What the ferry line runs: its value streams, environments, services and parts, and who else depends on them."""

from __future__ import annotations

from dataclasses import dataclass, field

from apps.accounts.models import Team
from apps.cmdb import actions as cmdb
from apps.cmdb.models import CIType, ConfigurationItem, Environment, RelationshipType, ValueStream
from apps.core.actor import Actor

VALUE_STREAMS = {
    "sell-a-crossing": "Sell a crossing",
    "board-a-ferry": "Board a ferry",
    "run-the-platform": "Run the platform",
}
ENVIRONMENTS = (("test", "Test", False), ("staging", "Staging", False), ("production", "Production", True))


@dataclass(frozen=True)
class Thing:
    """A configuration item, and by which relationships it leans on others."""

    key: str
    name: str
    type: str
    owner: str
    criticality: int = 3
    streams: tuple[str, ...] = ()
    leans_on: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_released(self) -> bool:
        return self.type in ("service", "product")


THINGS = (
    Thing("nordlicht-online", "Nordlicht Online", "product", "booking", 1, ("sell-a-crossing", "board-a-ferry")),
    # Platform
    Thing("cluster-north", "Cluster North", "host", "platform", 1),
    Thing("booking-db", "Booking database", "data-store", "platform", 1, leans_on={"runs-on": ("cluster-north",)}),
    Thing("ledger-db", "Ledger database", "data-store", "platform", 1, leans_on={"runs-on": ("cluster-north",)}),
    Thing("container-platform", "Container platform", "service", "platform", 3, ("run-the-platform",),
          {"runs-on": ("cluster-north",)}),
    Thing("python-runtime", "Python runtime", "service", "platform", 3, ("run-the-platform",)),
    # Sell a crossing
    Thing("payments-api", "Payments API", "component", "payments", 1,
          leans_on={"depends-on": ("ledger-db", "python-runtime"), "runs-on": ("cluster-north",)}),
    Thing("payments", "Payments", "service", "payments", 1, ("sell-a-crossing",),
          {"depends-on": ("payments-api", "container-platform"), "part-of": ("nordlicht-online",)}),
    Thing("booking-api", "Booking API", "component", "booking", 1,
          leans_on={"depends-on": ("booking-db", "payments"), "runs-on": ("cluster-north",)}),
    Thing("booking-web", "Booking web shop", "component", "booking", 2, leans_on={"depends-on": ("booking-api",)}),
    Thing("booking", "Booking", "service", "booking", 1, ("sell-a-crossing",),
          {"depends-on": ("booking-api", "booking-web", "container-platform"), "part-of": ("nordlicht-online",)}),
    Thing("timetable-api", "Timetable API", "component", "booking", 3, leans_on={"runs-on": ("cluster-north",)}),
    Thing("quay-displays", "Quay displays", "application", "boarding", 3, leans_on={"runs-on": ("cluster-north",)}),
    Thing("timetable", "Timetable", "service", "booking", 3, ("sell-a-crossing", "board-a-ferry"),
          {"depends-on": ("timetable-api",), "part-of": ("nordlicht-online",)}),
    # Board a ferry
    Thing("check-in-app", "Check-in app", "application", "boarding", 2, ("board-a-ferry",),
          leans_on={"depends-on": ("booking-api",)}),
    Thing("check-in", "Check-in", "service", "boarding", 2, ("board-a-ferry",),
          {"depends-on": ("check-in-app", "timetable"), "part-of": ("nordlicht-online",)}),
    Thing("crew-roster-app", "Crew roster app", "application", "boarding", 4, ("board-a-ferry",),
          leans_on={"runs-on": ("cluster-north",)}),
    Thing("crew-roster", "Crew roster", "service", "boarding", 4, ("board-a-ferry",),
          {"depends-on": ("crew-roster-app", "timetable")}),
)  # fmt: skip

PARTIES = (
    ("harbour-kiel", "Harbour of Kiel", "consumer", "harbour@kiel.example", "check-in", 48),
    ("coast-tours", "Coast Tours", "consumer", "it@coast-tours.example", "booking", 24),
    ("paynorth", "PayNorth", "partner", "releases@paynorth.example", "payments", 72),
)


def build(by: Actor, *, health_url: str) -> None:
    """Enter everything into the CMDB, by the hand of `by`."""
    for order, (slug, name, is_production) in enumerate(ENVIRONMENTS, start=1):
        if not Environment.objects.filter(slug=slug).exists():
            cmdb.create_environment(slug=slug, name=name, order=order, is_production=is_production, by=by)
    for slug, name in VALUE_STREAMS.items():
        cmdb.create_value_stream(slug=slug, name=name, by=by)
    for thing in THINGS:
        _enter(thing, by, health_url)
    for slug, name, kind, email, service, notice in PARTIES:
        party = cmdb.create_party(slug=slug, name=name, kind=kind, email=email, by=by)
        cmdb.create_service_relationship(party=party, service=item(service), notice_hours=notice, role=kind, by=by)


def item(key: str) -> ConfigurationItem:
    return ConfigurationItem.objects.select_related("owner").get(key=key)


def environment(slug: str = "production") -> Environment:
    return Environment.objects.get(slug=slug)


def _enter(thing: Thing, by: Actor, health_url: str) -> None:
    row = cmdb.create_ci(
        key=thing.key,
        name=thing.name,
        ci_type=CIType.objects.get(slug=thing.type),
        owner=Team.objects.get(slug=thing.owner),
        criticality=thing.criticality,
        value_streams=ValueStream.objects.filter(slug__in=thing.streams),
        release_managed=thing.is_released or thing.type in ("component", "application"),
        attributes={"health_url": health_url} if thing.is_released else {},
        by=by,
    )
    if thing.type in ("component", "application"):
        cmdb.add_identifier(ci=row, source="github", external_id=f"nordlicht/{thing.key}", by=by)
    for slug, targets in thing.leans_on.items():
        kind = RelationshipType.objects.get(slug=slug)
        for target in targets:
            cmdb.create_relationship(source=row, type=kind, target=item(target), by=by)
