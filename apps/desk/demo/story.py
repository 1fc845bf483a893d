"""Plots, told side by side in the order of their scenes.

A plot is a generator: it yields when its next scene plays, and then plays it. What lies ahead of the present is not
played, so that every plot stops wherever the present finds it: that is how a demo has releases in every status.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import count

from apps.core import relay
from apps.desk.demo import told_time

Plot = Iterator[datetime]
STRIKE_EVERY = timedelta(days=5)


class Story:
    """Many plots, one clock. After each scene the outbox is drained; every few days the house's clocks strike once."""

    def __init__(self, *, present: datetime, clocks: Iterable[Callable[[], object]] = ()) -> None:
        self.present = present
        self.clocks = list(clocks)
        self._waiting: list[tuple[datetime, int, Plot]] = []
        self._order = count()
        self._day: date | None = None

    def add(self, plot: Plot) -> None:
        self._play_on(plot)

    def tell(self, on_scene: Callable[[datetime], None] = lambda _: None) -> int:
        """Play every scene up to the present. Returns how many there were."""
        scenes = 0
        while self._waiting and self._waiting[0][0] <= self.present:
            moment, _, plot = heapq.heappop(self._waiting)
            on_scene(moment)
            with told_time.at(moment):
                self._play_on(plot)
                drain()
                self._strike(moment)
            scenes += 1
        return scenes

    def _play_on(self, plot: Plot) -> None:
        moment = next(plot, None)
        if moment is not None:
            heapq.heappush(self._waiting, (moment, next(self._order), plot))

    def _strike(self, moment: datetime) -> None:
        if self._day is None or moment.date() - self._day >= STRIKE_EVERY:
            self._day = moment.date()
            for clock in self.clocks:
                clock()
            drain()


def drain() -> None:
    """Hand every event that is due to its consumers, here and now."""
    while relay.relay_once(relay.deliver):
        pass
