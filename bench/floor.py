"""What an impact is held against: the bare recursive query, and the same answer built by the database."""

from __future__ import annotations

from django.db import connection

WALK = """
WITH RECURSIVE reached(id, depth) AS (
    SELECT id, 0 FROM cmdb_configurationitem WHERE key = %s
    UNION SELECT edge.source_id, reached.depth + 1 FROM reached
    JOIN cmdb_relationship edge ON edge.target_id = reached.id WHERE reached.depth < 10
), least AS (SELECT id, MIN(depth) AS distance FROM reached GROUP BY id)
, nearest AS (
    SELECT least.id, least.distance FROM least JOIN cmdb_configurationitem item ON item.id = least.id
    ORDER BY least.distance, item.criticality, item.name LIMIT %s
)
"""
NODES = """
SELECT {array}({record}('key', item.key, 'name', item.name, 'ci_type', kind.slug, 'criticality', item.criticality,
    'distance', nearest.distance))
FROM nearest JOIN cmdb_configurationitem item ON item.id = nearest.id JOIN cmdb_citype kind ON kind.id = item.ci_type_id"""
EDGES = """
SELECT {array}({record}('source', source.key, 'target', target.key, 'type', kind.slug))
FROM nearest JOIN cmdb_relationship edge ON edge.target_id = nearest.id JOIN nearest start ON start.id = edge.source_id
JOIN cmdb_configurationitem source ON source.id = edge.source_id
JOIN cmdb_configurationitem target ON target.id = edge.target_id
JOIN cmdb_relationshiptype kind ON kind.id = edge.type_id"""
WORDS = {
    "postgresql": {"array": "json_agg", "record": "json_build_object", "text": "::text"},
    "sqlite": {"array": "json_group_array", "record": "json_object", "text": ""},
}


def items(rest: str) -> bytes:
    """Who is affected, with names: what every answer needs at the least. `rest` is KEY/LIMIT."""
    return _asked(f"{WALK} SELECT ({NODES}){{text}}", rest)


def answer(rest: str) -> bytes:
    """Who is affected, and the relationships among them: most of what our answer says, in one statement."""
    return _asked(f"{WALK} SELECT {{record}}('nodes', ({NODES}), 'edges', ({EDGES})){{text}}", rest)


def _asked(sql: str, rest: str) -> bytes:
    key, _slash, limit = rest.partition("/")
    with connection.cursor() as cursor:
        cursor.execute(sql.format(**WORDS[connection.vendor]), [key, int(limit) + 1])  # the root is one of them
        return (cursor.fetchone()[0] or "[]").encode()
