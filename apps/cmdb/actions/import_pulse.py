"""How far an import has come, said as it goes: to whoever waits at it, and in its row of progress.

What is said also tells that somebody is at work, and learns whether that somebody still should be: whoever calls a run
off, or begins it again, counts its attempt up, and the next word of the old one finds no row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from apps.cmdb.models import ImportProgress, ImportRun
from apps.core.clock import now
from apps.core.errors import Unprocessable

LEASE = timedelta(minutes=3)  # the longest that an import at work is silent
LONGEST = timedelta(hours=1)
Tell = Callable[[str, int, int], None]  # part, done, total


class CutOff(Exception):
    """The run was called off, or was begun again by somebody else."""


class Pulse:
    """Tells how far it is. Silent until it follows a run."""

    def __init__(self, *, tell: Tell | None = None) -> None:
        self._tell = tell
        self._run_id: int | None = None
        self.attempt = 0
        self._until: datetime | None = None
        self._aside: ThreadPoolExecutor | None = None
        self._is_mute = False

    def follow(self, *, run: ImportRun, attempt: int) -> None:
        self._run_id, self.attempt, self._until = run.pk, attempt, now() + LONGEST

    def read(self, *, done: int, total: int) -> None:
        """So many bytes of the file are read."""
        self._say("reading", done, total)

    def wrote(self, *, done: int, total: int, figures: dict[str, int]) -> None:
        """So many records are taken, and what became of them."""
        self._say("writing", done, total, figures=figures)

    def hold(self, *, lease: timedelta = LONGEST) -> None:
        """What comes now takes its time and says nothing meanwhile. Raises CutOff when it should not begin."""
        self._write({"alive_until": now() + lease})

    @contextmanager
    def beside_a_transaction(self) -> Iterator[None]:
        """Words that others hear while a transaction is open that will be taken back.

        A thread has a connection of its own. SQLite lets nobody write meanwhile, so there a long silence is announced.
        """
        if self._run_id is None or connection.in_atomic_block or connection.vendor == "sqlite":
            self.hold()
            self._is_mute = True
            try:
                yield
            finally:
                self._is_mute = False
            return
        with ThreadPoolExecutor(1) as self._aside:
            try:
                yield
            finally:
                self._aside.submit(_close).result()
                self._aside = None

    def _say(self, part: str, done: int, total: int, **also: Any) -> None:
        if self._tell is not None:
            self._tell(part, done, total)
        if self._is_mute:
            return
        self._write({"done": done, "total": total, "alive_until": now() + LEASE, **also})

    def _write(self, values: dict[str, Any]) -> None:
        if self._run_id is None:
            return
        if now() > self._until:
            hours = LONGEST // timedelta(hours=1)
            raise Unprocessable(f"It took longer than {hours} h, which is the most. Import the file in parts.")
        written = self._aside.submit(self._update, values).result() if self._aside else self._update(values)
        if not written:
            raise CutOff

    def _update(self, values: dict[str, Any]) -> int:
        return ImportProgress.objects.filter(run=self._run_id, attempt=self.attempt).update(**values)


def _close() -> None:
    """The connection of the thread that calls this, not of the one that asks for it."""
    connection.close()
