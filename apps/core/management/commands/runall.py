"""`manage.py runall`: the web server and the worker as one process tree. What `make demo` runs."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.supervisor import Supervisor

SIGN_INS = "sign-ins.txt"


class Command(BaseCommand):
    help = "Run web server and worker together; one Ctrl-C ends both, and a dead one starts again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8000", help="address and port of the web server")
        parser.add_argument("--threads", type=int, default=4, help="threads of the web server")

    def handle(self, *, bind: str, threads: int, **options: Any) -> None:
        python, manage = sys.executable, str(Path(settings.BASE_DIR) / "manage.py")
        web = [
            *(python, "-m", "gunicorn", "config.wsgi:application", "--chdir", str(settings.BASE_DIR)),
            *("--bind", bind, "--threads", str(threads), "--graceful-timeout", "8", "--no-control-socket"),
            *("--log-level", "warning"),
        ]
        commands = {"web server": web, "worker": [python, manage, "worker"]}
        self.stdout.write(f"Tidegate answers on http://{bind}/ (admin: http://{bind}/admin/). Ctrl-C ends it.")
        self._print_sign_ins()
        if Supervisor(commands, self._say).run():
            raise CommandError("It did not end in order.")

    def _say(self, text: str) -> None:
        self.stderr.write(text)

    def _print_sign_ins(self) -> None:
        """The demo writes its sign-ins beside its database; nothing else does."""
        page = Path(settings.VAR_DIR) / SIGN_INS
        if settings.TIDEGATE_ENV == "demo" and page.exists():
            self.stdout.write(page.read_text())
