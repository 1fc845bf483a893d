"""Write docs/reference/metrics.md from the definitions, or say whether it still agrees with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.metrics.definitions.reference import reference

PLACE = Path("docs") / "reference" / "metrics.md"


class Command(BaseCommand):
    help = "Write docs/reference/metrics.md from the definitions; with --check, only say whether it agrees with them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail when the page is not up to date")

    def handle(self, *args: Any, **options: Any) -> None:
        page = Path(settings.BASE_DIR) / PLACE
        written = page.read_text() if page.exists() else ""
        if written == reference():
            self.stdout.write(f"{PLACE} agrees with the definitions.")
        elif options["check"]:
            raise CommandError(f"{PLACE} does not agree with the definitions. Run manage.py metrics_reference.")
        else:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(reference())
            self.stdout.write(f"{PLACE} written.")
