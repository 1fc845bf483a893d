"""What conflicts and the calendar are held against: one statement each that builds the same answer in the database."""

from __future__ import annotations

from django.db import connection

from bench.floor import WORDS

AHEAD = "('draft','planning','verifying','awaiting_approval','scheduled','releasing','backing_out')"
ASKED = "SELECT id, environment_id, planned_start, planned_end FROM releases_release WHERE key = %s"
AROUND = """
WITH beside AS (
    SELECT * FROM releases_release WHERE environment_id = %(place)s AND planned_start > %(early)s AND planned_start < %(end)s
    AND planned_end > %(start)s AND id <> %(id)s AND status IN {ahead}
), ours AS (SELECT ci_id FROM releases_component WHERE release_id = %(id)s)
, theirs AS (SELECT part.ci_id FROM beside JOIN releases_component part ON part.release_id = beside.id)"""
SAME_ITEM = """
SELECT {array}({record}('kind', 'item', 'release', other.key, 'item', item.key, 'starts_at', other.planned_start,
    'ends_at', other.planned_end, 'who', person.username))
FROM releases_component ours
JOIN releases_component theirs ON theirs.ci_id = ours.ci_id AND theirs.busy_from > %(early)s AND theirs.busy_from < %(end)s
    AND theirs.busy_until > %(start)s AND theirs.release_id <> %(id)s
JOIN releases_release other ON other.id = theirs.release_id AND other.status IN {ahead}
    AND (other.environment_id = %(place)s OR other.environment_id IS NULL)
JOIN cmdb_configurationitem item ON item.id = theirs.ci_id LEFT JOIN accounts_user person ON person.id = other.release_manager_id
WHERE ours.release_id = %(id)s"""
BESIDE = """
SELECT {array}({record}('kind', 'beside', 'release', other.key, 'starts_at', other.planned_start, 'ends_at', other.planned_end,
    'who', person.username, 'items', (SELECT {array}(item.key) FROM releases_component part
        JOIN cmdb_configurationitem item ON item.id = part.ci_id WHERE part.release_id = other.id)))
FROM beside other LEFT JOIN accounts_user person ON person.id = other.release_manager_id"""
LEANING = """
SELECT {array}({record}('kind', 'depended', 'from', source.key, 'to', target.key))
FROM (
    SELECT edge.source_id, edge.target_id FROM ours JOIN cmdb_relationship edge ON edge.source_id = ours.ci_id
    WHERE edge.target_id IN (SELECT ci_id FROM theirs)
    UNION SELECT edge.source_id, edge.target_id FROM ours JOIN cmdb_relationship edge ON edge.target_id = ours.ci_id
    WHERE edge.source_id IN (SELECT ci_id FROM theirs)
) edge
JOIN cmdb_configurationitem source ON source.id = edge.source_id JOIN cmdb_configurationitem target ON target.id = edge.target_id"""
NEEDED = """
SELECT {array}({record}('kind', 'needed', 'release', other.key, 'starts_at', other.planned_start, 'ends_at', other.planned_end))
FROM releases_releasedependency need JOIN releases_release other ON other.id = need.needs_id WHERE need.release_id = %(id)s"""
PEOPLE = """
SELECT {array}({record}('kind', 'person', 'release', other.key, 'who', person.username, 'task', theirs.title,
    'starts_at', theirs.planned_start, 'ends_at', theirs.planned_end))
FROM releases_task ours JOIN releases_task theirs ON theirs.assignee_id = ours.assignee_id AND theirs.release_id <> %(id)s
    AND theirs.planned_start < ours.planned_end AND theirs.planned_end > ours.planned_start
JOIN releases_release other ON other.id = theirs.release_id JOIN accounts_user person ON person.id = theirs.assignee_id
WHERE ours.release_id = %(id)s"""
PARTS = {"item": SAME_ITEM, "beside": BESIDE, "depended": LEANING, "needed": NEEDED, "people": PEOPLE}
SPAN = """
SELECT {array}({record}('key', release.key, 'title', release.title, 'status', release.status, 'subject', item.key,
    'environment', place.slug, 'release_manager', person.username, 'planned_start', release.planned_start,
    'planned_end', release.planned_end)){text}
FROM (SELECT * FROM releases_release WHERE planned_start > %s AND planned_start < %s AND planned_end > %s
    AND status <> 'cancelled' ORDER BY planned_start, id LIMIT 500) release
JOIN cmdb_configurationitem item ON item.id = release.subject_id LEFT JOIN cmdb_environment place ON place.id = release.environment_id
LEFT JOIN accounts_user person ON person.id = release.release_manager_id"""
CLASHES = """
SELECT {array}({record}('first', one.release_id, 'second', two.release_id, 'item', one.ci_id)){text}
FROM releases_component one JOIN releases_component two ON two.ci_id = one.ci_id AND two.release_id > one.release_id
    AND two.busy_from < one.busy_until AND one.busy_from < two.busy_until
JOIN releases_release a ON a.id = one.release_id JOIN releases_release b ON b.id = two.release_id AND b.environment_id = a.environment_id
WHERE one.busy_from > %s AND one.busy_from < %s AND two.busy_from > %s AND two.busy_from < %s"""
SCHEDULED = """
SELECT {array}({record}('key', row.key, 'name', row.name, 'starts_at', row.starts_at, 'ends_at', row.ends_at, 'rrule', row.rrule)){text}
FROM schedule_{kind} row WHERE row.starts_at < %s AND (row.ends_at > %s OR row.rrule <> '')"""


def conflicts(rest: str) -> bytes:
    """Everything that our answer tells about one release, in one statement. `rest` is its key."""
    return _one(", ".join(f"'{name}', ({sql})" for name, sql in PARTS.items()), rest)


def same_item(rest: str) -> bytes:
    """Only who moves the same item at the same time."""
    return _one(f"'item', ({SAME_ITEM})", rest)


def calendar(rest: str) -> bytes:
    """Releases, their clashes, and the rows of windows and freezes of a span (`from/to`); nothing recurs here."""
    start, _slash, end = rest.partition("/")
    early = _early(start)
    told = [
        _rows(SPAN, [early, end, start]),
        _rows(CLASHES, [early, end, early, end]),
        _rows(SCHEDULED, [end, start], kind="window"),
        _rows(SCHEDULED, [end, start], kind="freeze"),
    ]
    return b"[" + b",".join(told) + b"]"


def _early(start: str) -> str:
    with connection.cursor() as cursor:
        cast = (
            "%s::timestamptz - interval '92 days'" if connection.vendor == "postgresql" else "datetime(%s, '-92 days')"
        )
        cursor.execute(f"SELECT {cast}", [start])
        return cursor.fetchone()[0]


def _one(parts: str, key: str) -> bytes:
    sql = f"{AROUND} SELECT {{record}}({parts}){{text}}".format(**WORDS[connection.vendor], ahead=AHEAD)
    with connection.cursor() as cursor:
        cursor.execute(ASKED, [key])
        asked = dict(zip(("id", "place", "start", "end"), cursor.fetchone(), strict=True))
        cursor.execute(sql, {**asked, "early": _early(asked["start"])})
        return (cursor.fetchone()[0] or "{}").encode()


def _rows(sql: str, parameters: list, **more: str) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(sql.format(**WORDS[connection.vendor], **more), parameters)
        return (cursor.fetchone()[0] or "[]").encode()
