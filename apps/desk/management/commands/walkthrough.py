"""`manage.py walkthrough`: the main job through the API of a running house, from catalog to closed release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.desk.demo import cast
from apps.desk.walkthrough.crew import Crew
from apps.desk.walkthrough.house import Stopped
from apps.desk.walkthrough.papers import Papers
from apps.desk.walkthrough.story import Story


class Command(BaseCommand):
    help = "Perform the practice once through against a running server and print each step with its result."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default=settings.TIDEGATE_BASE_URL, help="the running server (%(default)s)")
        parser.add_argument("--token", default="", help="a release manager's token; one is issued when left out")
        parser.add_argument("--catalog", default="", help="a Backstage catalog (YAML)")
        parser.add_argument("--sbom", default="", help="a CycloneDX SBOM (JSON)")
        parser.add_argument("--deployment", default="", help="a GitHub deployment payload (JSON)")

    def handle(self, *, url: str, token: str, catalog: str, sbom: str, deployment: str, **options: Any) -> None:
        try:
            papers = Papers.gather(catalog, sbom, deployment)
            story = Story(
                Crew(url.rstrip("/"), token),
                papers,
                Path(settings.EMAIL_FILE_PATH),
                self._say,
                {one.username: one.password for one in cast.PEOPLE},
            )
            key = story.tell()
        except Stopped as stopped:
            raise CommandError(str(stopped)) from stopped
        except httpx.TransportError as error:
            raise CommandError(f"{url} does not answer ({error}). Is `make demo` running?") from error
        except OSError as error:
            raise CommandError(f"A file cannot be read: {error}") from error
        self.stdout.write(self.style.SUCCESS(f"{key} is closed. See it at {url}/admin/."))

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
