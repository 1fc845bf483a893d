"""Incidents: reported by tools and people, changed as more is known, resolved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.cmdb.models import ConfigurationItem
from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Invalid
from apps.core.keys import next_key
from apps.incidents.lifecycle import IncidentStatus
from apps.incidents.models import Incident
from apps.incidents.permissions import may_report


@transaction.atomic
def report_incident(
    *,
    title: str,
    by: Actor,
    severity: int = 3,
    services: Iterable[ConfigurationItem] = (),
    opened_at: datetime | None = None,
    source: str = "",
    external_id: str = "",
    note: str = "",
    **fields: Any,
) -> Incident:
    """Take down an incident. The same report of the same source, sent again, brings what is known up to date."""
    moves.require(may_report, None, by)
    opened_at = _not_ahead("opened_at", opened_at or now())
    known = _known(source, external_id)
    if known is not None:
        return change_incident(incident=known, by=by, title=title, severity=severity, services=services, **fields)
    row = Incident(
        key=next_key("INC", opened_at.year),
        title=title,
        severity=severity,
        opened_at=opened_at,
        source=source,
        external_id=external_id,
        **fields,
    )
    incident = moves.create(row, by=by, verb="report", note=note)
    return moves.relate(incident, "services", services, by=by, verb="affect")


@transaction.atomic
def change_incident(
    *, incident: Incident, by: Actor, services: Iterable[ConfigurationItem] | None = None, note: str = "", **fields: Any
) -> Incident:
    """More is known about the incident than before."""
    moves.require(may_report, incident, by)
    if "opened_at" in fields:
        _not_ahead("opened_at", fields["opened_at"])
    incident = moves.change(incident, fields, by=by, note=note)
    return incident if services is None else moves.relate(incident, "services", services, by=by, verb="affect")


def resolve_incident(*, incident: Incident, by: Actor, resolved_at: datetime | None = None, note: str = "") -> Incident:
    """The service is as it should be again. Said of a resolved incident by a tool, nothing changes."""
    if by.is_system and incident.status == IncidentStatus.RESOLVED:
        return incident
    moment = _not_ahead("resolved_at", resolved_at or now())
    if moment < incident.opened_at:
        raise Invalid.field("resolved_at", "before_opened", "The incident was resolved before it opened.")
    return moves.move(incident, "resolve", by=by, note=note, change={"resolved_at": moment})


def _known(source: str, external_id: str) -> Incident | None:
    return Incident.objects.filter(source=source, external_id=external_id).first() if external_id else None


def _not_ahead(name: str, moment: datetime) -> datetime:
    """An incident is known only after it began."""
    if moment > now():
        raise Invalid.field(name, "in_future", "This lies in the future.")
    return moment
