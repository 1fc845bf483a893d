"""What other practices tell a release about itself, kept in the release's own words."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import moves
from apps.core.actor import Actor
from apps.core.errors import Invalid
from apps.releases.actions.ground import held, refuse
from apps.releases.actions.judging import carry_on
from apps.releases.actions.waiting import note_waits
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.words import Availability, Outcome, Status
from apps.releases.models import Component, Release, ReleaseIncident

GOOD = (Outcome.SUCCESSFUL, Outcome.SUCCESSFUL_WITH_ISSUES)


@transaction.atomic
def note_review(*, release: Release, outcome: str, accepted_at: datetime | None, by: Actor) -> Release:
    """The review was accepted with this outcome, or, with no time, it was returned."""
    release = held(release)
    if release.status != Status.IN_REVIEW:
        message = _("A review counts while the release is in review; it is %s.") % release.get_status_display().lower()
        refuse("not_in_review", message, url=page_of(release))
    if outcome and outcome not in Outcome.values:
        words = ", ".join(Outcome.values)
        raise Invalid.field("outcome", "unknown", _("Choose one of: %s.") % words)
    if outcome in GOOD and release.availability == Availability.NOT_AVAILABLE:
        raise Invalid.field("outcome", "backed_out", _("What was backed out was not successful."))
    fields = {"review_outcome": outcome, "review_accepted_at": accepted_at}
    return note_waits(moves.change(release, fields, by=by, verb="note_review"))


@transaction.atomic
def note_origin(*, component: Component, authors: list[str], built_by: str, by: Actor) -> Component:
    """A tool says who wrote the changes of a component and who built it: authors are added, never taken away."""
    release = held(component.release)
    if release.is_ended:
        return component
    known = {one.lower() for one in component.authors}
    fresh = [one.strip() for one in authors if one.strip() and one.strip().lower() not in known]
    fields = {"authors": [*component.authors, *fresh], "built_by": component.built_by or built_by.strip()}
    return moves.change(component, fields, by=by, verb="note_origin")


@transaction.atomic
def note_incident(*, release: Release, incident_key: str, severity: int, link: str, by: Actor) -> ReleaseIncident:
    """An incident is suspected, confirmed or refuted to come from the release. Said twice, it is kept once."""
    release = held(release)
    known = release.incident_notes.filter(incident_key=incident_key).first()
    if known is None:
        row = ReleaseIncident(release=release, incident_key=incident_key, severity=severity, link=link)
        return moves.create(row, by=by, verb="note")
    return moves.change(known, {"severity": severity, "link": link}, by=by, verb="note")


@transaction.atomic
def note_exposure(*, release: Release, share: int, by: Actor) -> Release:
    """The rollout says how many per cent of its audience see the release now."""
    release = held(release)
    release = moves.change(release, {"exposure": share, "is_rollout_managed": True}, by=by, verb="note_exposure")
    return carry_on(release, by=by)
