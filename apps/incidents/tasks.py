"""Jobs: look for causes when an incident is new or turns out to touch something else."""

from __future__ import annotations

from apps.core.actor import job
from apps.core.models import OutboxEvent
from apps.core.outbox import consumer
from apps.incidents import actions
from apps.incidents.models import Incident


@consumer("incidents.incident.report", "incidents.incident.affect", name="incidents.correlate")
def correlate(event: OutboxEvent) -> None:
    incident = Incident.objects.filter(pk=event.subject_id).first()
    if incident is not None:
        actions.correlate(incident=incident, by=job("correlator"))
