"""Causes: suspected by the correlator or a person, confirmed or refuted by a person, told to the release."""

from __future__ import annotations

from django.db import transaction

from apps.core import moves
from apps.core.actor import Actor
from apps.core.errors import Invalid
from apps.incidents.models import CausalLink, Incident
from apps.incidents.permissions import may_judge
from apps.incidents.queries import suspicions
from apps.releases import actions as releases
from apps.releases.models import Release


@transaction.atomic
def correlate(*, incident: Incident, by: Actor) -> list[CausalLink]:
    """Look for releases that the incident may come from. What is linked already stays as people left it."""
    incident = moves.lock(incident)
    linked = set(incident.links.values_list("release_id", flat=True))
    return [
        _link(incident, found.release, found.reasons, by)
        for found in suspicions(incident)
        if found.release.pk not in linked
    ]


@transaction.atomic
def suspect(*, incident: Incident, release: Release, by: Actor, note: str = "") -> CausalLink:
    """A person suspects a release, for a reason."""
    moves.require(may_judge, incident, by)
    if not note.strip():
        raise Invalid.field("reason", "required", "Say why you think so.")
    incident = moves.lock(incident)
    if incident.links.filter(release=release).exists():
        raise Invalid.field("release", "linked", "This release is linked to the incident already.")
    return _link(incident, release, [note.strip()], by, note=note)


@transaction.atomic
def confirm_link(*, link: CausalLink, by: Actor, note: str = "") -> CausalLink:
    """The release caused the incident."""
    return _told(moves.move(link, "confirm", by=by, note=note, change={"found": note}), by)


@transaction.atomic
def refute_link(*, link: CausalLink, by: Actor, note: str = "") -> CausalLink:
    """The release has nothing to do with it."""
    return _told(moves.move(link, "refute", by=by, note=note, change={"found": note}), by)


def _link(incident: Incident, release: Release, reasons: list[str], by: Actor, note: str = "") -> CausalLink:
    row = CausalLink(incident=incident, release=release, reasons=reasons)
    return _told(moves.create(row, by=by, verb="suspect", note=note), by)


def _told(link: CausalLink, by: Actor) -> CausalLink:
    """The release keeps what is thought of it in its own words."""
    releases.note_incident(
        release=link.release,
        incident_key=link.incident.key,
        severity=link.incident.severity,
        link=link.status,
        by=by,
    )
    return link
