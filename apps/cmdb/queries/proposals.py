"""What speaks for a proposed relationship, in words, with what is not sure about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.cmdb.lifecycle import ProposalStatus
from apps.cmdb.models import ProposedRelationship
from apps.cmdb.queries.raw import among, array, ask

FEW = 10  # of fewer cases than this a share says little by itself
TOUCHING = """
SELECT COUNT(*) FROM cmdb_proposedrelationship
WHERE status = %(status)s AND (source_id {among_ids} OR target_id {among_ids})
"""


@dataclass(frozen=True)
class FoundPair:
    """Two items by their numbers, in the direction that the evidence suggests, and what speaks for it."""

    source: int
    target: int
    evidence: list[dict[str, Any]]
    times: float
    support: int

    @property
    def pair(self) -> frozenset[int]:
        return frozenset((self.source, self.target))


def proposals_touching(ids: list[int]) -> int:
    """How many undecided proposals begin or end at one of these items."""
    sql = TOUCHING.format(among_ids=among("ids"))
    ((many,),) = ask(sql, {"ids": array(ids), "status": ProposalStatus.PROPOSED.value})
    return many


def in_words(proposal: ProposedRelationship) -> list[str]:
    """One sentence for each kind of evidence."""
    names = {one.key: one.name for one in (proposal.source, proposal.target)}
    return [SAID[one["kind"]](one, names) for one in proposal.evidence if one["kind"] in SAID]


def _together(told: dict[str, Any], names: dict[str, str]) -> str:
    words = {
        "leader": names.get(told["leader"], told["leader"]),
        "follower": names.get(told["follower"], told["follower"]),
        "together": told["together"],
        "releases": told["releases"],
        "others": _share(told["without"], told["others"]),
        "times": _times(told["times"]),
    }
    said = _(
        "%(follower)s went out with %(together)s of %(releases)s releases of %(leader)s, and with %(others)s other releases: "
        "at least %(times)s times as often."
    )
    return said % words + _caution(told["releases"])


def _incidents(told: dict[str, Any], names: dict[str, str]) -> str:
    words = {
        "changed": names.get(told["changed"], told["changed"]),
        "affected": names.get(told["affected"], told["affected"]),
        "after": told["after"],
        "releases": told["releases"],
        "hours": told["hours"],
        "expected": _number(told["expected"]),
        "times": _times(told["times"]),
    }
    said = _(
        "%(affected)s had an incident within %(hours)s hours after %(after)s of %(releases)s releases of %(changed)s that did not "
        "change it; by its usual rate it would have been %(expected)s: at least %(times)s times as often."
    )
    return said % words + _confirmed(told["confirmed"]) + _caution(told["releases"])


def _confirmed(many: int) -> str:
    if not many:
        return ""
    said = ngettext("A person confirmed the cause once.", "People confirmed the cause %(many)s times.", many) % {
        "many": many
    }
    return f" {said}"


def _caution(cases: int) -> str:
    return " " + _("These are few cases: look closely.") if cases < FEW else ""


def _share(some: int, all_of_them: int) -> str:
    """“none of 40”, “3 of 7”, “1 in 20”."""
    if some == 0:
        return _("none of %(all)s") % {"all": all_of_them}
    if all_of_them < 2 * FEW or all_of_them < 2 * some:
        return _("%(some)s of %(all)s") % {"some": some, "all": all_of_them}
    return _("1 in %(so_many)s") % {"so_many": round(all_of_them / some)}


def _times(times: float) -> str:
    return str(int(times)) if times >= FEW else _number(times)


def _number(value: float) -> str:
    return f"{value:.1f}" if value >= 0.05 else _("less than 0.1")


SAID: dict[str, Callable[[dict[str, Any], dict[str, str]], str]] = {
    "released_together": _together,
    "incidents_after": _incidents,
}
