"""Items that are components of the same releases more often than by chance."""

from __future__ import annotations

from datetime import datetime

from apps.cmdb.queries.raw import as_parameter, ask
from apps.discovery.judgement import FEWEST, TIMES, Together, strongest, together

LARGEST = 50  # a release of more components says little about any two of them, and has more than a thousand pairs
MOST = 5000  # pairs that are looked at closely, the most striking first

# Which releases count, what moved in them, which items move often enough, and the pairs of those; last the pairs that
# stand out at all and have no relationship. Only counting: how sure it is, is judged on what comes back.
SQL = """
WITH baskets AS (
    SELECT r.id FROM releases_release r JOIN releases_component c ON c.release_id = r.id
    WHERE r.released_at >= %(since)s AND r.released_at < %(until)s
    GROUP BY r.id HAVING COUNT(*) <= %(largest)s
), often AS (
    SELECT c.ci_id, COUNT(*) AS releases
    FROM releases_component c JOIN baskets b ON b.id = c.release_id
    JOIN cmdb_configurationitem i ON i.id = c.ci_id AND i.lifecycle <> 'retired'
    GROUP BY c.ci_id HAVING COUNT(*) >= %(fewest)s
), moved AS (
    SELECT c.release_id, c.ci_id
    FROM releases_component c JOIN baskets b ON b.id = c.release_id JOIN often o ON o.ci_id = c.ci_id
), total AS (
    SELECT COUNT(*) AS releases FROM baskets
), pairs AS (
    SELECT a.ci_id AS one, b.ci_id AS other, COUNT(*) AS together
    FROM moved a JOIN moved b ON b.release_id = a.release_id AND b.ci_id > a.ci_id
    GROUP BY a.ci_id, b.ci_id HAVING COUNT(*) >= %(fewest)s
)
SELECT p.one, p.other, a.releases, b.releases, p.together, t.releases
FROM pairs p JOIN often a ON a.ci_id = p.one JOIN often b ON b.ci_id = p.other CROSS JOIN total t
WHERE (
    1.0 * p.together * (t.releases - a.releases) >= %(times)s * (b.releases - p.together) * a.releases
    OR 1.0 * p.together * (t.releases - b.releases) >= %(times)s * (a.releases - p.together) * b.releases
) AND NOT EXISTS (
    SELECT 1 FROM cmdb_relationship e
    WHERE (e.source_id = p.one AND e.target_id = p.other) OR (e.source_id = p.other AND e.target_id = p.one)
)
ORDER BY (1.0 * p.together * t.releases - a.releases * b.releases) * (p.together * t.releases - a.releases * b.releases)
    / (1.0 * a.releases * b.releases) DESC, p.one, p.other LIMIT %(most)s
"""


def released_together(since: datetime, until: datetime) -> list[Together]:
    """Pairs without a relationship of which the one goes out with the other's releases many times as often as without."""
    facts = {
        "since": as_parameter(since),
        "until": as_parameter(until),
        "largest": LARGEST,
        "fewest": FEWEST,
        "times": TIMES,
        "most": MOST,
    }
    return [one for one in strongest(together(*row) for row in ask(SQL, facts)) if isinstance(one, Together)]
