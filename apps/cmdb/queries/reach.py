"""Whom a change of an item concerns: services, value streams, owners, consumers and partners."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from apps.accounts.models import Team, User
from apps.accounts.permissions import Role
from apps.cmdb.models import ConfigurationItem, Party, ServiceRelationship, ValueStream
from apps.cmdb.queries.impact import Impact, impact

AT_ONCE = 900
APPROVING = (Role.APPROVER, Role.SERVICE_OWNER)
SERVICE_TYPES = ("service", "product")


@dataclass(frozen=True)
class Reach:
    """The people's side of an impact."""

    impact: Impact
    services: list[ConfigurationItem]
    value_streams: list[ValueStream]
    owners: list[Team]
    service_relationships: list[ServiceRelationship]

    @property
    def parties(self) -> list[Party]:
        return list({one.party_id: one.party for one in self.service_relationships}.values())

    @cached_property
    def approvers(self) -> list[User]:
        """Whom to ask for approval: people of the owning teams who may give it."""
        answering = User.objects.filter(is_active=True, role_grants__role__in=APPROVING, teams__in=self.owners)
        tools = User.objects.filter(role_grants__role=Role.INTEGRATION).values("pk")
        return list(answering.exclude(pk__in=tools).distinct().order_by("first_name", "last_name", "username"))

    @property
    def longest_notice_hours(self) -> int:
        """How long before a release the most demanding of the parties must be told."""
        return max((one.notice_hours for one in self.service_relationships), default=0)


def reach(ci: ConfigurationItem, known: Impact | None = None) -> Reach:
    """Whom a change of the item, or of every root of a known impact, concerns, itself included."""
    found = known or impact(ci)
    keys = [one.key for one in (*found.roots, *found.nodes)]
    services = {
        one.pk: one
        for some in _chunks(keys)
        for one in ConfigurationItem.objects.filter(key__in=some, ci_type__slug__in=SERVICE_TYPES).select_related(
            "ci_type", "owner"
        )
    }
    return Reach(
        impact=found,
        services=sorted(services.values(), key=lambda one: (one.criticality, one.name)),
        value_streams=_value_streams(keys),
        owners=_owners(keys),
        service_relationships=_service_relationships(keys),
    )


def owners_of_affected(ci: ConfigurationItem) -> list[Team]:
    """The teams that own the item or something affected by it: whom to ask."""
    return _owners(_affected_keys(ci))


def consumers_of(ci: ConfigurationItem) -> list[Party]:
    """Consumers and partners tied to the item or to something affected by it: whom to inform."""
    tied = _service_relationships(_affected_keys(ci))
    return list({one.party_id: one.party for one in tied}.values())


def value_streams_affected(ci: ConfigurationItem) -> list[ValueStream]:
    """Value streams that the item, or something affected by it, serves."""
    return _value_streams(_affected_keys(ci))


def _affected_keys(ci: ConfigurationItem) -> list[str]:
    return [ci.key, *(node.key for node in impact(ci).nodes)]


def _owners(keys: list[str]) -> list[Team]:
    found = {one.pk: one for some in _chunks(keys) for one in Team.objects.filter(items__key__in=some).distinct()}
    return sorted(found.values(), key=lambda one: one.slug)


def _value_streams(keys: list[str]) -> list[ValueStream]:
    found = {
        one.pk: one for some in _chunks(keys) for one in ValueStream.objects.filter(items__key__in=some).distinct()
    }
    return sorted(found.values(), key=lambda one: (one.name, one.pk))


def _service_relationships(keys: list[str]) -> list[ServiceRelationship]:
    found = [
        one
        for some in _chunks(keys)
        for one in ServiceRelationship.objects.filter(service__key__in=some).select_related("party", "service")
    ]
    return sorted(found, key=lambda one: (one.party.name, one.service.name, one.pk))


def _chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    """No more keys at once than every database takes as parameters."""
    keys = list(keys)
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]
