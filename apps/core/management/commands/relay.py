"""`manage.py relay`: the relay as a process of its own. Several may run at once on PostgreSQL."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from apps.core.relay_loop import RelayLoop


class Command(BaseCommand):
    help = "Carry events from the outbox to the broker until stopped. The worker does this too, unless told --no-relay."

    def handle(self, **options: Any) -> None:
        loop = RelayLoop()
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, loop.stop)
        self.stdout.write("The relay carries events to the broker.")
        loop.run()
