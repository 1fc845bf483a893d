"""The risk of a release from stated factors, pure: each factor gives points, says why in words, and what would lower it.

Nothing is weighed in secret: the points of each factor stand in its function, the thresholds in `LEVELS`, and the sum is the
sum. docs/explanation/risk.md holds the same table, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.core.statistics import wilson

LEVELS = (("high", 9), ("medium", 4), ("low", 0))  # the least points of each
ENOUGH = 5  # releases before a history says anything
EVENING, MORNING = 17, 8
FRIDAY = 4
KINDS = {"data": 2, "infrastructure": 2, "configuration": 1, "not_stated": 1}


@dataclass(frozen=True)
class History:
    """How many of the last releases ended well, and how many did not (backed out, failed, or with a confirmed incident)."""

    releases: int = 0
    bad: int = 0


@dataclass(frozen=True)
class Known:
    """What is known of a release when it is assessed."""

    criticality: int = 4
    vital_reached: int = 0
    services_reached: int = 0
    map_has_holes: bool = False
    components: int = 0
    is_first_of_service: bool = False
    is_first_under_model: bool = False
    first_components: int = 0
    service_history: History = History()
    team_history: History = History()
    change_kind: str = "not_stated"
    has_back_out_tasks: bool = False
    is_roll_back_proven: bool = False
    waivers: int = 0
    starts_at: datetime | None = None  # on the organisation's clock


@dataclass(frozen=True)
class Factor:
    """One reason for the risk: its points, why in words, and what would lower it."""

    name: str
    points: int
    why: str
    lower: str = ""


@dataclass(frozen=True)
class Assessment:
    """The sum of the factors and what it means; the weightiest factor first."""

    risk: str
    points: int
    factors: tuple[Factor, ...]

    @property
    def top(self) -> tuple[Factor, ...]:
        return tuple(one for one in self.factors if one.points)[:3]


def assess(known: Known) -> Assessment:
    """Every factor, also those without points: they say what was looked at."""
    factors = sorted((factor for look in FACTORS for factor in look(known)), key=lambda one: (-one.points, one.name))
    points = sum(one.points for one in factors)
    return Assessment(next(level for level, least in LEVELS if points >= least), points, tuple(factors))


def _impact(known: Known) -> Iterator[Factor]:
    """0 to 3: nothing vital and at most 2 services 0, up to 10 services 1, more or one vital item 2, three vital items 3."""
    if known.vital_reached >= 3:
        points = 3
    elif known.vital_reached or known.services_reached > 10:
        points = 2
    else:
        points = 1 if known.services_reached > 2 else 0
    why = _("It reaches %(services)s services; %(vital)s of what it reaches is vital.") % {
        "services": known.services_reached,
        "vital": known.vital_reached,
    }
    yield Factor("impact", points, why, _("Release fewer components at once, or to a part of the audience first."))


def _map(known: Known) -> Iterator[Factor]:
    """0 or 1: the map around it has holes."""
    why = (
        _("The map around it has holes: it may reach more.") if known.map_has_holes else _("The map has no holes here.")
    )
    yield Factor("map", int(known.map_has_holes), why, _("Confirm the relationships around it."))


def _criticality(known: Known) -> Iterator[Factor]:
    """0 to 2: criticality 1 gives 2, criticality 2 gives 1."""
    points = {1: 2, 2: 1}.get(known.criticality, 0)
    yield Factor(
        "criticality", points, _("The service has criticality %s of 4, 1 being the highest.") % known.criticality
    )


def _size(known: Known) -> Iterator[Factor]:
    """0 to 2: more than 3 components 1, more than 10 components 2."""
    points = 2 if known.components > 10 else int(known.components > 3)
    yield Factor(
        "size", points, _("Components that it moves: %s.") % known.components, _("Split it into smaller releases.")
    )


def _novelty(known: Known) -> Iterator[Factor]:
    """0 to 3: a point each for the first release of the service, the first under its model, and components never released."""
    said = []
    if known.is_first_of_service:
        said.append(_("the first release of this service"))
    if known.is_first_under_model:
        said.append(_("the first under its model"))
    if known.first_components:
        said.append(_("%s components were never released before") % known.first_components)
    why = _("New: %s.") % "; ".join(said) if said else _("Nothing about it is new.")
    yield Factor("novelty", len(said), why, _("Rehearse it in a lower environment."))


def _histories(known: Known) -> Iterator[Factor]:
    """0 to 3 each, by the share of the last releases that did not end well: above 10 % 1, above 25 % 2, above 50 % 3."""
    service = (_("this service"), known.service_history)
    for name, (whose, past) in {"service": service, "team": (_("its team"), known.team_history)}.items():
        if past.releases < ENOUGH:
            why = _("%(whose)s has %(n)s releases behind it: too few to judge by.")
            yield Factor(f"history_{name}", 0, why % {"whose": _upper(whose), "n": past.releases})
            continue
        share = past.bad / past.releases
        points = sum(share > step for step in (0.10, 0.25, 0.50))
        low, high = wilson(past.bad, past.releases) or (0.0, 1.0)
        why = _("Of the last %(n)s releases of %(whose)s %(bad)s did not end well (%(low)s to %(high)s %%).") % {
            "n": past.releases,
            "whose": whose,
            "bad": past.bad,
            "low": round(100 * low),
            "high": round(100 * high),
        }
        yield Factor(f"history_{name}", points, why, _("See to the improvement actions of those releases."))


def _kind(known: Known) -> Iterator[Factor]:
    """0 to 2: data or infrastructure 2, configuration 1, not stated 1."""
    words = known.change_kind.replace("_", " ")
    lower = (
        _("Say what mainly changes.")
        if known.change_kind == "not_stated"
        else _("Change it in steps that can be taken back.")
    )
    yield Factor("kind", KINDS.get(known.change_kind, 0), _("What mainly changes: %s.") % words, lower)


def _way_back(known: Known) -> Iterator[Factor]:
    """0 to 3: no back-out tasks 3, a way back that was not proven 1."""
    if not known.has_back_out_tasks:
        yield Factor("way_back", 3, _("No task says how it is backed out."), _("Plan the back-out as tasks."))
    elif not known.is_roll_back_proven:
        why = _("The way back is planned, and was not proven.")
        yield Factor("way_back", 1, why, _("Prove the roll back in a lower environment."))
    else:
        yield Factor("way_back", 0, _("The way back is planned and proven."))


def _waived(known: Known) -> Iterator[Factor]:
    """0 to 2: a point for each waived check, at most two."""
    yield Factor(
        "waivers", min(known.waivers, 2), _("Waived checks: %s.") % known.waivers, _("Bring the proof after all.")
    )


def _time(known: Known) -> Iterator[Factor]:
    """0 or 1: it begins in the evening, at night, on a Friday or on a weekend, when fewer people are there to help."""
    begins = known.starts_at
    if begins is None:
        yield Factor("time", 0, _("It has no window yet."))
        return
    is_odd = begins.weekday() >= FRIDAY or begins.hour >= EVENING or begins.hour < MORNING
    why = _("It begins on a %(day)s at %(at)s.") % {"day": f"{begins:%A}", "at": f"{begins:%H:%M}"}
    yield Factor("time", int(is_odd), why, _("Release on a working day before Friday, between 8 and 17."))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


FACTORS: tuple[Callable[[Known], Iterator[Factor]], ...] = (
    _impact,
    _map,
    _criticality,
    _size,
    _novelty,
    _histories,
    _kind,
    _way_back,
    _waived,
    _time,
)
