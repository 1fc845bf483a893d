"""`manage.py walkthrough`: the main job once, through the API of a running server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import Refusal
from apps.desk.walkthrough import inputs
from apps.desk.walkthrough.client import Api, Refused
from apps.desk.walkthrough.people import prepare
from apps.desk.walkthrough.walk import Walk


class Command(BaseCommand):
    help = (
        "Import a catalog, create a release, plan, prove, approve by the e-mailed link, deploy by webhook, execute, verify, "
        "review and close it, through the API of a running server; print each step with its result."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default=settings.TIDEGATE_BASE_URL, help="the running server")
        parser.add_argument("--token", default="", help="a release manager's token; one is issued when left out")
        parser.add_argument("--catalog", type=Path, help="Backstage catalog (YAML), or CycloneDX, ArchiMate, CSV")
        parser.add_argument("--sbom", type=Path, help="CycloneDX or SPDX document about the component")
        parser.add_argument("--deployment", type=Path, help="GitHub deployment or deployment_status event (JSON)")
        parser.add_argument("--mail", type=Path, default=Path(settings.EMAIL_FILE_PATH), help="where mails are written")

    def handle(self, *, url: str, token: str, mail: Path, **options: Any) -> None:
        try:
            given = inputs.read(options["catalog"], options["sbom"], options["deployment"])
            self._ask_ready(url)
            walkers = prepare(token)
            walk = Walk(Api(url, walkers.manager_token), walkers, given, mail, title=self._title, say=self._say)
            key = walk.go()
        except (inputs.Unusable, LookupError, Refused, Refusal, TimeoutError) as fault:
            raise CommandError(str(fault)) from fault
        except httpx.HTTPError as fault:
            raise CommandError(f"{url} does not answer: {fault}. Start it with make demo.") from fault
        self.stdout.write(self.style.SUCCESS(f"{key} went through from end to end."))

    def _ask_ready(self, url: str) -> None:
        answer = httpx.get(f"{url.rstrip('/')}/readyz", timeout=30)
        if answer.is_error:
            raise CommandError(f"{url} is not ready: {', '.join(answer.json().get('not_ready', []))}.")

    def _title(self, text: str) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(text))

    def _say(self, text: str) -> None:
        self.stdout.write(f"       {text}")
