"""`manage.py seed`: the demo organisation, once. A second run finds it there and leaves it alone."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from apps.accounts.models import User
from apps.core.clock import now
from apps.desk.demo import cast, telling

SIGN_INS = "sign-ins.txt"  # where runall looks for what it prints
MAILS_SINCE = timedelta(days=4)  # older mails were read long ago; they are records only
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"
NOT_NEEDED = ("heartbeat", "verify_audit_trail", "forget_old_records")  # clocks that do not belong to the story


class Command(BaseCommand):
    help = "Tell the story of the demo organisation through real actions. Does nothing when it is there already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--without-histories", action="store_true", help="leave out the real release histories")

    def handle(self, *, without_histories: bool, **options: Any) -> None:
        if settings.TIDEGATE_ENV == "production":
            raise CommandError("The demo organisation does not belong into production.")
        if User.objects.filter(username=cast.PEOPLE[0].username).exists():
            self.stdout.write("The demo organisation is there already.")
        else:
            self._tell(with_histories=not without_histories)
        (Path(settings.VAR_DIR) / SIGN_INS).write_text(cast.sign_ins() + "\n")

    def _tell(self, *, with_histories: bool) -> None:
        began = time.monotonic()
        gc.set_threshold(50_000, 20, 20)  # a story leaves much behind and ends soon
        self.stdout.write("Telling the story of the demo organisation …")
        with stand_in(settings.TIDEGATE_BASE_URL), transaction.atomic():
            scenes = telling.tell(
                health_url=f"{settings.TIDEGATE_BASE_URL}/healthz",
                clocks=[task for name, task in sorted(_clocks()) if not name.endswith(NOT_NEEDED)],
                on_scene=_choose_mail(now(), settings.EMAIL_BACKEND),
                with_histories=with_histories,
            )
        self.stdout.write(f"{scenes} scenes in {time.monotonic() - began:.0f} s.")


def _clocks() -> Iterator[tuple[str, Any]]:
    """The sweeps that time would have called."""
    for entry in current_app.conf.beat_schedule.values():
        yield entry["task"], current_app.tasks[entry["task"]]


def _choose_mail(present: datetime, backend: str) -> Any:
    def choose(moment: datetime) -> None:
        settings.EMAIL_BACKEND = backend if moment > present - MAILS_SINCE else NO_MAIL

    return choose


@contextmanager
def stand_in(base_url: str) -> Iterator[None]:
    """While the story is told, something answers where the released services would."""
    address = urlsplit(base_url)
    try:
        server = ThreadingHTTPServer((address.hostname or "127.0.0.1", address.port or 80), _Answers)
    except OSError:  # the house itself answers there already
        yield
        return
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class _Answers(BaseHTTPRequestHandler):
    """Alive, and nothing else: whoever waits for `/readyz` waits for the house itself."""

    def do_GET(self) -> None:
        alive = self.path == "/healthz"
        self.send_response(200 if alive else 503)
        self.end_headers()
        self.wfile.write(b'{"alive":true}' if alive else b"The demo organisation is being set up.")

    def log_message(self, *args: Any) -> None:
        """Nobody needs to read this."""
