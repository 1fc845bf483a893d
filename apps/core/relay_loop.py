"""The relay at work: round after round, until it is told to stop. Nothing that fails may end it."""

from __future__ import annotations

import logging
import threading

from django.db import close_old_connections, connection

from apps.core import heartbeat, relay
from apps.core.clock import now
from apps.core.models import OutboxDelivery, OutboxEvent
from apps.core.tasks import deliver

log = logging.getLogger(__name__)

SHORTEST, LONGEST = 0.02, 0.25  # seconds between looks at a quiet outbox
AFTER_A_FAULT = 1.0


def publish(ids: list[int]) -> None:
    deliver.apply_async((ids,))


def something_is_due() -> bool:
    """A look without a lock: on SQLite every claim takes the one write lock, so an idle relay must not claim."""
    due = {"available_at__lte": now()}
    return (
        OutboxEvent.objects.filter(expanded_at__isnull=True, **due).exists()
        or OutboxDelivery.objects.filter(done_at__isnull=True, dead_at__isnull=True, **due).exists()
    )


class RelayLoop:
    """Runs in a thread of the worker, or as a process of its own (`manage.py relay`)."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._last_sign = 0.0

    def stop(self, *_: object) -> None:
        self.stopping.set()

    def run(self) -> None:
        pause = SHORTEST
        while not self.stopping.wait(pause):
            try:
                self._give_sign_of_life()
                moved = relay.relay_once(publish) if something_is_due() else 0
            except Exception as error:  # a database that went away comes back; the relay waits for it
                log.warning("The relay could not work: %s", error)
                close_old_connections()
                pause = AFTER_A_FAULT
            else:
                pause = SHORTEST if moved else min(pause * 1.5, LONGEST)
        connection.close()

    def _give_sign_of_life(self) -> None:
        at = now().timestamp()
        if at - self._last_sign >= heartbeat.EVERY:
            heartbeat.note(heartbeat.RELAY)
            self._last_sign = at
