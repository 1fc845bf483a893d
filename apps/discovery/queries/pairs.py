"""Both kinds of evidence, brought together pair by pair, as the map understands them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from apps.cmdb.models import ConfigurationItem
from apps.cmdb.queries import FoundPair
from apps.discovery.judgement import After, Together
from apps.discovery.queries.incidents import incidents_after_releases
from apps.discovery.queries.together import released_together

PERIOD = timedelta(days=365)
MOST_PROPOSED = 500  # more than people can work through helps nobody: the strongest stay


def found_pairs(at: datetime) -> list[FoundPair]:
    """What the last year says, the strongest first. What needs the other comes first in its pair."""
    found: list[Together | After] = [
        *incidents_after_releases(at - PERIOD, at),
        *released_together(at - PERIOD, at),
    ]
    by_pair: dict[frozenset[int], list[Together | After]] = defaultdict(list)
    for one in found:
        by_pair[frozenset(_ends(one))].append(one)
    keys = _keys({number for pair in by_pair for number in pair})
    pairs = [_pair(evidence, keys) for evidence in by_pair.values()]
    return sorted(pairs, key=lambda one: (-one.times, one.source, one.target))[:MOST_PROPOSED]


def _ends(one: Together | After) -> tuple[int, int]:
    """The item that seems to need the other, and the other: what suffers, or what seldom goes out alone."""
    return (one.affected, one.changed) if isinstance(one, After) else (one.leader, one.follower)


def _keys(numbers: set[int]) -> dict[int, str]:
    """A few thousand at most."""
    known: dict[int, str] = {}
    rows = sorted(numbers)
    for start in range(0, len(rows), 900):
        some = ConfigurationItem.objects.filter(pk__in=rows[start : start + 900])
        known |= dict(some.values_list("pk", "key"))
    return known


def _pair(evidence: list[Together | After], keys: dict[int, str]) -> FoundPair:
    """Incidents come first: they tell which of the two suffers."""
    source, target = _ends(evidence[0])
    return FoundPair(
        source,
        target,
        [_told(one, keys) for one in evidence],
        round(max(one.times for one in evidence), 2),
        sum(one.together if isinstance(one, Together) else one.after for one in evidence),
    )


def _told(one: Together | After, keys: dict[int, str]) -> dict[str, Any]:
    if isinstance(one, Together):
        return {
            "kind": "released_together",
            "leader": keys[one.leader],
            "follower": keys[one.follower],
            "together": one.together,
            "releases": one.releases,
            "without": one.without,
            "others": one.others,
            "times": round(one.times, 1),
        }
    return {
        "kind": "incidents_after",
        "changed": keys[one.changed],
        "affected": keys[one.affected],
        "after": one.after,
        "releases": one.releases,
        "hours": int(one.hours),
        "expected": round(one.expected, 2),
        "confirmed": one.confirmed,
        "times": round(one.times, 1),
    }
