"""Is the house ready to work? One answer per part, with what to do where it is not.

`/readyz` asks the parts that every request or job stands on; `manage.py doctor` asks all of them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.core.mail import get_connection
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.core import heartbeat
from apps.core.clock import now
from apps.core.models import OutboxDelivery, OutboxEvent


@dataclass(frozen=True)
class Finding:
    """What one part of the house answered: `said` is what is there, `remedy` what to do when it is not ok."""

    part: str
    ok: bool
    said: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str | bool]:
        return {"part": self.part, "ok": self.ok, "said": self.said, "remedy": self.remedy}


def database() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Finding("database", True, f"{connection.vendor} answers")


def migrations() -> Finding:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not waiting:
        return Finding("migrations", True, "all applied")
    return Finding("migrations", False, f"{len(waiting)} not applied", "Run manage.py migrate.")


def broker() -> Finding:
    if settings.EMBEDDED_BROKER:
        return Finding("broker", True, "embedded in the worker")
    with current_app.connection_for_write(connect_timeout=2) as link:
        link.ensure_connection(max_retries=1, interval_start=0.1, timeout=3)
        return Finding("broker", True, f"{link.transport.driver_type} answers")


def worker() -> Finding:
    since = heartbeat.age(heartbeat.WORKER)
    if heartbeat.is_alive(heartbeat.WORKER):
        return Finding("worker", True, f"alive {since.total_seconds():.0f} s ago")
    said = "never seen" if since is None else f"last alive {since.total_seconds():.0f} s ago"
    return Finding("worker", False, said, "Start manage.py worker (or runall), and look at its log.")


def outbox() -> Finding:
    waiting = OutboxEvent.objects.filter(
        expanded_at__isnull=True, available_at__lt=now() - timedelta(minutes=2)
    ).count()
    dead = OutboxDelivery.objects.filter(dead_at__isnull=False).count()
    if waiting:
        return Finding("outbox", False, f"{waiting} events wait for more than two minutes", "Start manage.py worker.")
    if dead:
        return Finding("outbox", False, f"{dead} dead letters", "See manage.py outbox; retry with --retry.")
    return Finding("outbox", True, "nothing is late")


def clock() -> Finding:
    """The database's clock beside ours; on SQLite they are one."""
    if connection.vendor != "postgresql":
        return Finding("clock", True, "the database shares this machine's clock")
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        skew = abs(float(cursor.fetchone()[0]) - time.time())
    if skew < 2:
        return Finding("clock", True, f"{skew:.2f} s from the database's")
    return Finding("clock", False, f"{skew:.1f} s from the database's", "Set both machines' clocks (NTP).")


def mail() -> Finding:
    backend = settings.EMAIL_BACKEND.rsplit(".", 2)[-2]
    if backend == "filebased":
        folder = settings.EMAIL_FILE_PATH
        os.makedirs(folder, exist_ok=True)
        return Finding("mail", os.access(folder, os.W_OK), "written to files, not sent", f"Make {folder} writable.")
    if backend != "smtp":
        return Finding("mail", True, f"the {backend} back end")
    with get_connection(timeout=5):
        return Finding("mail", True, f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} answers")


def configuration() -> Finding:
    said = [message for message in run_checks() if message.level >= WARNING]
    if said:
        return Finding("settings", False, "; ".join(str(one.msg) for one in said), "Run manage.py check.")
    return Finding("settings", True, f"TIDEGATE_ENV is {settings.TIDEGATE_ENV}")


REMEDIES = {
    "database": "Look at DATABASE_URL and at whether the database runs.",
    "broker": "Look at BROKER_URL and at whether the broker runs. Nothing is lost: the outbox waits.",
    "mail": "Look at EMAIL_HOST, EMAIL_PORT and the sign-in of the mail server.",
}
READY: tuple[Callable[[], Finding], ...] = (database, migrations, broker, worker)
ALL: tuple[Callable[[], Finding], ...] = (*READY, outbox, clock, mail, configuration)


def ask(parts: tuple[Callable[[], Finding], ...] = READY) -> list[Finding]:
    """Every part's answer; one that cannot answer is a finding too, never an error."""
    return [_answer(part) for part in parts]


def _answer(part: Callable[[], Finding]) -> Finding:
    try:
        return part()
    except Exception as error:  # whatever a part raises is its answer
        name = part.__name__
        remedy = REMEDIES.get(name, "Look at the database first.")
        return Finding(
            name, False, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}", remedy
        )
