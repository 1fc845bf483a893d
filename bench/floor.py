"""The bare recursive query that impact is held against: each item on its shortest way, no names, no relationships."""

NEAREST = """
WITH RECURSIVE reached(id, depth) AS (
    SELECT id, 0 FROM cmdb_configurationitem WHERE key = %s
    UNION SELECT edge.source_id, reached.depth + 1 FROM reached
    JOIN cmdb_relationship edge ON edge.target_id = reached.id WHERE reached.depth < 10
), nearest AS (SELECT id, MIN(depth) AS distance FROM reached GROUP BY id)
"""
