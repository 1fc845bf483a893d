"""`manage.py export_cis [--source NAME] [--output FILE]`: what `import_cis --format tidegate` reads back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.cmdb.queries.export import exported


class Command(BaseCommand):
    help = "Write the CMDB out as JSON. Reading it back changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--source", default="", help="only what this import source knows")
        parser.add_argument("--output", type=Path, help="a file; without it the export goes to standard output")

    def handle(self, *, source: str, output: Path | None, **options: Any) -> None:
        if output is None:
            for piece in exported(source):
                self.stdout.write(piece, ending="")
            return
        try:
            with output.open("w", encoding="utf-8") as file:
                file.writelines(exported(source))
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from error
