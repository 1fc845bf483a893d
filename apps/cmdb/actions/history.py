"""The past is written beside the change: whoever changes items or relationships tells the chronicle which.

The chronicle compares them with their open periods in the database, ends the periods that are no longer true and opens
new ones, with the same few statements for one item and for a batch of an import. Where nothing differs nothing is
written, so it may be told too much, never too little. The caller holds the locks of what it tells of.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from apps.cmdb.models import ImportRun, MapChange
from apps.cmdb.queries.raw import among, array, as_moment, ask
from apps.core.actor import Actor
from apps.core.clock import now

ITEM = (
    "key", "name", "description", "ci_type_id", "lifecycle", "criticality", "owner_id", "attributes", "release_managed",
    "redundancy", "value_streams", "missing_from",
)  # fmt: skip
EDGE = ("source_id", "target_id", "type_id", "origin")
TICK = timedelta(microseconds=1)
WORDS = {
    "postgresql": {
        "differs": "IS DISTINCT FROM",
        "listed": "(SELECT COALESCE(jsonb_agg(one ORDER BY one), '[]') FROM ({rows}) listed)",
    },
    "sqlite": {
        "differs": "IS NOT",
        "listed": "(SELECT json_group_array(one) FROM ({rows} ORDER BY one) listed)",
    },
}
STREAMS = "SELECT valuestream_id AS one FROM cmdb_configurationitem_value_streams WHERE configurationitem_id = ci.id"
MISSING = "SELECT DISTINCT source AS one FROM cmdb_identifier WHERE ci_id = ci.id AND missing_since IS NOT NULL"
LIVE_ITEMS = """
SELECT ci.id, ci.key, ci.name, ci.description, ci.ci_type_id, ci.lifecycle, ci.criticality, ci.owner_id, ci.attributes,
    ci.release_managed, ci.redundancy, {streams} AS value_streams, {missing} AS missing_from
FROM cmdb_configurationitem ci WHERE ci.id {among}"""
LIVE_EDGES = """
SELECT id, source_id, target_id, type_id, origin FROM cmdb_relationship
WHERE missing_since IS NULL AND id {among}"""
CHANGED = """
SELECT live.id, held.valid_from
FROM ({live}) live LEFT JOIN {periods} held ON held.{subject} = live.id AND held.valid_to IS NULL
WHERE held.id IS NULL OR {differences}
UNION ALL
SELECT held.{subject}, held.valid_from
FROM {periods} held LEFT JOIN ({live}) live ON live.id = held.{subject}
WHERE held.{subject} {among} AND held.valid_to IS NULL AND live.id IS NULL"""
CLOSE = """
UPDATE {periods} SET valid_to = %(at)s, closed_by_id = %(change)s{also}
WHERE {subject} {among} AND valid_to IS NULL"""
WENT_MISSING = """,
    went_missing = EXISTS (
        SELECT 1 FROM cmdb_relationship gone WHERE gone.id = relationship_id AND gone.missing_since IS NOT NULL
    )"""
OPEN = """
INSERT INTO {periods} ({subject}, {columns}, valid_from, opened_by_id{more})
SELECT live.id, {values}, %(at)s, %(change)s{none} FROM ({live}) live"""


class Chronicle:
    """One deed and the history it leaves; an import is one deed, however many batches it takes."""

    def __init__(self, *, by: Actor, note: str = "", run: ImportRun | None = None) -> None:
        self.by, self.note, self.run = by, note, run
        self.change: MapChange | None = None

    def keep(self, *, items: Iterable[int] = (), relationships: Iterable[int] = ()) -> None:
        """These may have changed, appeared or gone. To be called in the transaction that changed them."""
        self._keep(_items(), items)
        self._keep(_edges(), relationships)

    def _keep(self, statements: dict[str, str], ids: Iterable[int]) -> None:
        changed = ask(statements["changed"], {"ids": array(ids)}) if (ids := sorted(set(ids))) else []
        if not changed:
            return
        held_since = [as_moment(since) for _id, since in changed if since is not None]
        at = max([now(), *(since + TICK for since in held_since)])  # two deeds at one moment stay two
        values = {
            "ids": array(sorted(number for number, _since in changed)),
            "at": connection.ops.adapt_datetimefield_value(at),
            "change": self._change(at).pk,
        }
        if held_since:
            _run(statements["close"], values)
        _run(statements["open"], values)

    def _change(self, at: datetime) -> MapChange:
        if self.change is None:
            self.change = MapChange.objects.create(
                at=at,
                door=self.by.door,
                actor=self.by.user,
                actor_name=self.by.label,
                token_name=str(getattr(self.by.token, "name", "") or ""),
                run=self.run,
                note=self.note,
            )
        return self.change


def _items() -> dict[str, str]:
    words = WORDS[connection.vendor]
    live = LIVE_ITEMS.format(
        streams=words["listed"].format(rows=STREAMS), missing=words["listed"].format(rows=MISSING), among=among("ids")
    )
    return _statements("cmdb_itemversion", "item_id", ITEM, live)


def _edges() -> dict[str, str]:
    live = LIVE_EDGES.format(among=among("ids"))
    return _statements("cmdb_relationshipperiod", "relationship_id", EDGE, live, also=WENT_MISSING)


def _statements(periods: str, subject: str, columns: tuple[str, ...], live: str, also: str = "") -> dict[str, str]:
    words = WORDS[connection.vendor]
    parts = {
        "periods": periods,
        "subject": subject,
        "live": live,
        "among": among("ids"),
        "columns": ", ".join(columns),
        "values": ", ".join(f"live.{one}" for one in columns),
        "differences": " OR ".join(f"held.{one} {words['differs']} live.{one}" for one in columns),
        "also": also,
        "more": ", went_missing" if also else "",
        "none": ", FALSE" if also else "",
    }
    return {name: sql.format(**parts) for name, sql in (("changed", CHANGED), ("close", CLOSE), ("open", OPEN))}


def _run(sql: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
