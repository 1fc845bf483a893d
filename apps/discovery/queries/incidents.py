"""Items that have incidents after the releases of another more often than at other times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from apps.cmdb.queries.raw import among, array, as_moment, as_parameter, ask
from apps.discovery.judgement import FEWEST, TIMES, After, Exposure, incidents_after, strongest
from apps.discovery.queries.together import LARGEST, MOST

HOURS = 24
EARLIER = {
    "postgresql": "i.opened_at - interval '{hours} hours'",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%S', i.opened_at, '-{hours} hours')",
}
Pair = tuple[int, int]

# Every release shortly before an incident is a hit of the item that had it, unless the release changed the item itself. Only
# pairs that stand out come back, and are then counted exactly.
CANDIDATES = """
WITH troubled AS (
    SELECT s.configurationitem_id AS ci_id, COUNT(*) AS incidents
    FROM incidents_incident i JOIN incidents_incident_services s ON s.incident_id = i.id
    JOIN cmdb_configurationitem c ON c.id = s.configurationitem_id AND c.lifecycle <> 'retired'
    WHERE i.opened_at >= %(since)s AND i.opened_at < %(until)s
    GROUP BY s.configurationitem_id HAVING COUNT(*) >= %(fewest)s
), hits AS (
    SELECT DISTINCT r.id AS release_id, s.configurationitem_id AS ci_id
    FROM incidents_incident i
    JOIN incidents_incident_services s ON s.incident_id = i.id
    JOIN troubled t ON t.ci_id = s.configurationitem_id
    JOIN releases_release r ON r.released_at < i.opened_at AND r.released_at >= {earlier}
    WHERE i.opened_at >= %(since)s AND i.opened_at < %(until)s AND r.subject_id <> s.configurationitem_id
), moved AS (
    SELECT c.release_id, c.ci_id FROM releases_component c JOIN releases_release r ON r.id = c.release_id
    WHERE r.released_at >= %(since)s AND r.released_at < %(until)s
    UNION SELECT r.id, r.subject_id FROM releases_release r
    WHERE r.released_at >= %(since)s AND r.released_at < %(until)s
), small AS (
    SELECT m.release_id FROM moved m GROUP BY m.release_id HAVING COUNT(*) <= %(largest)s
), often AS (
    SELECT m.ci_id, COUNT(*) AS releases FROM moved m JOIN small b ON b.release_id = m.release_id
    JOIN cmdb_configurationitem c ON c.id = m.ci_id AND c.lifecycle <> 'retired'
    GROUP BY m.ci_id HAVING COUNT(*) >= %(fewest)s
), pairs AS (
    SELECT m.ci_id AS changed, h.ci_id AS affected, COUNT(*) AS hits
    FROM hits h JOIN small b ON b.release_id = h.release_id JOIN moved m ON m.release_id = h.release_id
    WHERE m.ci_id <> h.ci_id
    GROUP BY m.ci_id, h.ci_id HAVING COUNT(*) >= %(fewest)s
)
SELECT p.changed, p.affected
FROM pairs p JOIN often o ON o.ci_id = p.changed JOIN troubled t ON t.ci_id = p.affected
WHERE p.hits * %(span)s >= 0.8 * %(times)s * o.releases * t.incidents * %(hours)s
AND NOT EXISTS (
    SELECT 1 FROM cmdb_relationship e
    WHERE (e.source_id = p.changed AND e.target_id = p.affected) OR (e.source_id = p.affected AND e.target_id = p.changed)
)
ORDER BY (p.hits * %(span)s - 1.0 * o.releases * t.incidents * %(hours)s) * (p.hits * %(span)s - 1.0 * o.releases * t.incidents * %(hours)s)
    / (1.0 * o.releases * t.incidents) DESC, p.changed, p.affected LIMIT %(most)s
"""
BEGINNING = """
SELECT MIN(r.released_at), (SELECT MIN(i.opened_at) FROM incidents_incident i WHERE i.opened_at >= %(since)s)
FROM releases_release r WHERE r.released_at >= %(since)s
"""
RELEASES = """
SELECT c.ci_id, r.id, r.released_at FROM releases_component c JOIN releases_release r ON r.id = c.release_id
WHERE r.released_at >= %(since)s AND r.released_at < %(until)s AND c.ci_id {among}
UNION
SELECT r.subject_id, r.id, r.released_at FROM releases_release r
WHERE r.released_at >= %(since)s AND r.released_at < %(until)s AND r.subject_id {among}
"""
INCIDENTS = """
SELECT s.configurationitem_id, i.id, i.opened_at
FROM incidents_incident i JOIN incidents_incident_services s ON s.incident_id = i.id
WHERE i.opened_at >= %(since)s AND i.opened_at < %(until)s AND s.configurationitem_id {among}
"""
JUDGED = """
SELECT l.release_id, l.incident_id, l.status FROM incidents_causallink l
JOIN incidents_incident_services s ON s.incident_id = l.incident_id
JOIN incidents_incident i ON i.id = l.incident_id
WHERE l.status IN ('confirmed', 'refuted') AND s.configurationitem_id {among}
AND i.opened_at >= %(since)s AND i.opened_at < %(until)s
"""


@dataclass(frozen=True)
class Record:
    """What happened to the items in question: their releases, their incidents, and what people found of the two."""

    releases: dict[int, dict[int, float]]  # item → release → hour
    incidents: dict[int, list[tuple[float, int]]]  # item → (hour, incident), in order
    judged: dict[tuple[int, str], set[int]]  # (release, judgement) → incidents

    def after(self, changed: int, affected: int, span: float) -> After:
        """One pair, counted exactly. A release that changed the affected item too says nothing about the other."""
        own = self.releases.get(affected, {})
        known = frozenset(number for _, number in self.incidents.get(affected, ()))
        exposures = [
            Exposure(hour, self._of(release, "refuted", known), self._of(release, "confirmed", known))
            for release, hour in self.releases.get(changed, {}).items()
            if release not in own
        ]
        return incidents_after(changed, affected, exposures, self.incidents.get(affected, []), HOURS, span)

    def _of(self, release: int, judgement: str, known: frozenset[int]) -> frozenset[int]:
        return known & self.judged.get((release, judgement), set())


def incidents_after_releases(since: datetime, until: datetime) -> list[After]:
    """Pairs without a relationship of which the one has incidents after the other's releases many times as often as else."""
    begun = _beginning(since)
    if begun is None or begun >= until:
        return []
    span = (until - begun) / timedelta(hours=1)
    pairs = _candidates(begun, until, span)
    record = _record({one for pair in pairs for one in pair}, begun, until)
    found = strongest(record.after(changed, affected, span) for changed, affected in pairs)
    return [one for one in found if isinstance(one, After)]


def _beginning(since: datetime) -> datetime | None:
    """From when on both are known: a house that is younger than the period has no quiet time before it."""
    ((first_release, first_incident),) = ask(BEGINNING, {"since": as_parameter(since)})
    known = [as_moment(one) for one in (first_release, first_incident) if one is not None]
    return min(one for one in known if one is not None) if len(known) == 2 else None


def _candidates(since: datetime, until: datetime, span: float) -> list[Pair]:
    facts = {
        "since": as_parameter(since),
        "until": as_parameter(until),
        "largest": LARGEST,
        "fewest": FEWEST,
        "times": TIMES,
        "hours": HOURS,
        "span": span,
        "most": MOST,
    }
    sql = CANDIDATES.format(earlier=EARLIER[connection.vendor].format(hours=HOURS))
    return [(changed, affected) for changed, affected in ask(sql, facts)]


def _record(items: Iterable[int], since: datetime, until: datetime) -> Record:
    facts = {"since": as_parameter(since), "until": as_parameter(until), "ids": array(sorted(items))}
    releases: dict[int, dict[int, float]] = defaultdict(dict)
    for ci, release, at in ask(RELEASES.format(among=among("ids")), facts):
        releases[ci][release] = _hour(at, since)
    incidents: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for ci, incident, at in ask(INCIDENTS.format(among=among("ids")), facts):
        incidents[ci].append((_hour(at, since), incident))
    judged: dict[tuple[int, str], set[int]] = defaultdict(set)
    for release, incident, status in ask(JUDGED.format(among=among("ids")), facts):
        judged[release, status].add(incident)
    return Record(dict(releases), {ci: sorted(found) for ci, found in incidents.items()}, dict(judged))


def _hour(value: datetime | str, since: datetime) -> float:
    at = as_moment(value)
    return (at - since) / timedelta(hours=1) if at else 0.0
