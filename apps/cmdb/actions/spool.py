"""A file that was read, kept on disk: nothing is written to the database before all of it could be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any

import orjson

from apps.cmdb.formats.records import ITEM, TEAM, VALUE_STREAM, Extra, Item, Link, Links, Record, Rejected, Skipped

TOLD_EVERY = 1000


class Spool:
    """Records and links one by one on disk; what is few (teams, value streams, later additions) in memory."""

    def __init__(self) -> None:
        self.teams: list[Record] = []
        self.value_streams: list[Record] = []
        self.extras: dict[str, dict[str, Any]] = {}
        self.items = self.links = self.refusals = 0

    def __enter__(self) -> Spool:
        self._open = ExitStack()
        self._files = {
            name: self._open.enter_context(TemporaryFile())  # noqa: SIM115 - closed by the stack
            for name in ("items", "links", "refusals")
        }
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()

    @property
    def records(self) -> int:
        """How many records the file has, taken or not."""
        return self.items + len(self.teams) + len(self.value_streams) + self.refusals

    def fill(self, items: Iterable[Item], tell: Callable[[], None]) -> None:
        """Read everything, and tell now and then. Raises what the reader raises, and then nothing has happened."""
        for number, item in enumerate(items, 1):
            self._take(item)
            if number % TOLD_EVERY == 0:
                tell()

    def _take(self, item: Item) -> None:
        if isinstance(item, Record):
            if item.thing == ITEM:
                self.items += 1
                self._keep("items", replace(item, links=None))
                if item.links is not None:
                    self._take(Links(item.identity, item.links))
            else:
                {TEAM: self.teams, VALUE_STREAM: self.value_streams}[item.thing].append(item)
        elif isinstance(item, Links):
            self.links += 1
            self._keep("links", [item.identity, [(one.meaning, one.target, one.reverse) for one in item.links]])
        elif isinstance(item, Extra):
            self.extras.setdefault(item.identity, {}).update(item.attributes)
        else:
            self.refusals += 1
            self._keep("refusals", [type(item) is Rejected, item])

    def _keep(self, name: str, value: Any) -> None:
        self._files[name].write(orjson.dumps(value) + b"\n")

    def _lines(self, name: str) -> Iterator[Any]:
        file = self._files[name]
        file.seek(0)
        return map(orjson.loads, file)

    def item_batches(self, size: int) -> Iterator[list[Record]]:
        for batch in batches(self._lines("items"), size):
            yield [self._record(one) for one in batch]

    def _record(self, stored: dict[str, Any]) -> Record:
        streams = stored["value_streams"]
        stored["value_streams"] = None if streams is None else tuple(streams)
        stored["also_known_as"] = tuple(tuple(one) for one in stored["also_known_as"])
        stored["links"] = None
        stored["attributes"] |= self.extras.get(stored["identity"], {})
        return Record(**stored)

    def link_batches(self, size: int) -> Iterator[list[Links]]:
        for batch in batches(self._lines("links"), size):
            yield [Links(identity, tuple(Link(*one) for one in links)) for identity, links in batch]

    def refusal_batches(self, size: int) -> Iterator[list[Rejected | Skipped]]:
        for batch in batches(self._lines("refusals"), size):
            yield [(Rejected if is_rejected else Skipped)(**stored) for is_rejected, stored in batch]


def batches(values: Iterator[Any], size: int) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for value in values:
        batch.append(value)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
