"""`manage.py lifecycles`: write docs/reference/lifecycles.md from the charts in the code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.charts import document


class Command(BaseCommand):
    help = "Write docs/reference/lifecycles.md from the state charts in the code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether the page is what the code says")

    def handle(self, *, check: bool, **options: Any) -> None:
        page = Path(settings.BASE_DIR) / "docs" / "reference" / "lifecycles.md"
        said = document()
        if check:
            if not page.exists() or page.read_text() != said:
                raise CommandError("docs/reference/lifecycles.md is not what the code says: run manage.py lifecycles.")
            self.stdout.write("docs/reference/lifecycles.md is what the code says.")
            return
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(said)
        self.stdout.write(f"Wrote {page.relative_to(settings.BASE_DIR)}.")
