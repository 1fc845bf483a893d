"""Signs of life: who of the house was alive when."""

from __future__ import annotations

from datetime import timedelta

from apps.core.clock import now
from apps.core.models import Heartbeat

# The worker's sign of life travels the whole way: a clock sends it through the broker to a worker, which writes it.
WORKER = "worker"
RELAY = "relay"
EVERY = 10
LATE = timedelta(seconds=45)


def note(name: str) -> None:
    """Say that `name` is alive now."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now()})


def age(name: str) -> timedelta | None:
    """How long ago `name` was last alive; None when it never was."""
    last = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    return now() - last if last else None


def is_alive(name: str) -> bool:
    since = age(name)
    return since is not None and since < LATE
