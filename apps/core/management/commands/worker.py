"""`manage.py worker`: relay, Celery worker and clocks in one process.

With the embedded broker this is the one worker there may be: broker, relay and clocks live and die with it, and the
outbox in the database brings back whatever was under way. With Redis or RabbitMQ as many as wanted may run.
"""

import logging
import threading
import warnings
from datetime import timedelta
from typing import Any

from celery import current_app
from celery.beat import Scheduler, Service
from celery.exceptions import SecurityWarning
from django.core.management.base import BaseCommand, CommandParser

from apps.core.relay_loop import RelayLoop

log = logging.getLogger(__name__)


class EagerScheduler(Scheduler):
    """Celery's own scheduler, kept in memory, that calls every clock once at the start: sweeps judge again."""

    def setup_schedule(self) -> None:
        super().setup_schedule()
        for entry in self.schedule.values():
            entry.last_run_at -= timedelta(days=366)


class Command(BaseCommand):
    help = "Run the relay, a Celery worker (threads) and the clocks in one process."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=4, help="how many jobs at once")
        parser.add_argument("--no-relay", action="store_true", help="leave the outbox to a relay of its own")
        parser.add_argument("--no-clocks", action="store_true", help="leave the clocks to another worker")

    def handle(self, **options: Any) -> None:
        loop, clocks = RelayLoop(), Service(current_app, max_interval=5, scheduler_cls=EagerScheduler)
        if not options["no_relay"]:
            threading.Thread(target=loop.run, name="relay", daemon=True).start()
        if not options["no_clocks"]:
            threading.Thread(target=self._run_clocks, args=(clocks,), name="clocks", daemon=True).start()
        # Only JSON is accepted from the broker, so Celery's warning about root (it fears pickles) has no object here.
        warnings.filterwarnings("ignore", category=SecurityWarning)
        worker = current_app.Worker(
            pool="threads",
            concurrency=options["concurrency"],
            loglevel="WARNING",
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            quiet=True,
        )
        self.stdout.write("The worker is at work.")
        try:
            worker.start()
        finally:
            loop.stop()
            clocks.stop()

    @staticmethod
    def _run_clocks(clocks: Service) -> None:
        """Beat's own loop dies with a broker that is away for long; the clocks must not."""
        while True:
            try:
                clocks.start(embedded_process=False)
                return
            except Exception as error:  # whatever the broker's client raises
                log.warning("The clocks stopped and start again: %s", error)
