"""One server, two programs: Tidegate, and under /floor/ the least code that does the same work in bare Django."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.db import connection, transaction

from bench import clashing, floor
from config.wsgi import application as tidegate

ITEMS = """
SELECT json_build_object('next', NULL, 'previous', NULL, 'results', json_agg(page))::text FROM (
    SELECT item.key, item.name, kind.slug AS ci_type, item.lifecycle, item.criticality, item.description, team.slug AS owner,
        item.attributes, item.release_managed, item.version, item.created_at, item.updated_at
    FROM cmdb_configurationitem item JOIN cmdb_citype kind ON kind.id = item.ci_type_id
    LEFT JOIN accounts_team team ON team.id = item.owner_id
    {where} ORDER BY item.name, item.id LIMIT {limit}) page
"""
RELEASES = """
SELECT json_build_object('next', NULL, 'previous', NULL, 'results', json_agg(page))::text FROM (
    SELECT release.key, release.title, release.release_version, release.status, release.type, item.key AS subject,
        person.username, release.planned_start, release.planned_end, release.risk, release.outcome, release.version
    FROM releases_release release JOIN cmdb_configurationitem item ON item.id = release.subject_id
    LEFT JOIN accounts_user person ON person.id = release.release_manager_id
    {where} ORDER BY {order} LIMIT {limit}) page
"""
DEED = """
WITH touched AS (UPDATE releases_release SET title = title || '', version = version + 1 WHERE key = %s RETURNING id, key),
entry AS (INSERT INTO core_auditentry (at, event, door, actor_name, token_name, subject_type, subject_id, subject_key, root_type,
    root_key, before, after, changes, data, note, request_id)
    SELECT now(), 'floor.deed', 'api', 'floor', '', 'releases.release', id, key, 'releases.release', key, '', '', '{}', '{}', '', ''
    FROM touched RETURNING id)
INSERT INTO core_outboxevent (name, subject_type, subject_id, subject_key, payload, created_at, available_at, expanded_at)
SELECT 'floor.deed', 'releases.release', id, key, '{}', now(), now(), now() FROM touched RETURNING id
"""


def rows(sql: str, parameters: list | None = None) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return (cursor.fetchone()[0] or "[]").encode()


def deed(key: str) -> bytes:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(DEED, [key])
        return json.dumps({"id": cursor.fetchone()[0]}).encode()


FLOORS: dict[str, Callable[[str], bytes]] = {
    "ok": lambda rest: b'{"ok":true}',
    "items": lambda rest: rows(ITEMS.format(where="", limit=int(rest))),
    "item": lambda rest: rows(ITEMS.format(where="WHERE item.key = %s", limit=1), [rest]),
    "found": lambda rest: rows(
        ITEMS.format(where="WHERE item.name ILIKE %s OR item.key ILIKE %s", limit=50), [f"%{rest}%"] * 2
    ),
    "releases": lambda rest: rows(
        RELEASES.format(where="", order="release.planned_start, release.id", limit=int(rest))
    ),
    "release": lambda rest: rows(RELEASES.format(where="WHERE release.key = %s", order="release.id", limit=1), [rest]),
    "impact": floor.answer,
    "affected": floor.items,
    "conflicts": clashing.conflicts,
    "same_item": clashing.same_item,
    "calendar": clashing.calendar,
    "deed": deed,
}


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if not path.startswith("/floor/"):
        return tidegate(environ, start_response)
    _, _, name, rest = [*path.split("/", 3), ""][:4]
    body = FLOORS[name](rest)
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
