"""`manage.py export_cis [--format F] [--mapping M] [--source NAME] [--output FILE]`: what `import_cis` reads back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.cmdb.formats import KNOWN
from apps.cmdb.queries.export import exported
from apps.core.errors import Refusal


class Command(BaseCommand):
    help = "Write the CMDB out. Reading it back changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", default="tidegate", choices=KNOWN)
        parser.add_argument("--mapping", default="", help="short name of the column mapping, for csv and xlsx")
        parser.add_argument("--source", default="", help="only what this import source knows")
        parser.add_argument("--output", type=Path, help="a file; without it the export goes to standard output")

    def handle(self, *, format: str, mapping: str, source: str, output: Path | None, **options: Any) -> None:
        try:
            pieces = exported(source, format, mapping)
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        if output is None:
            for piece in pieces:
                self._print(piece)
            return
        try:
            with output.open("wb") as file:
                file.writelines(pieces)
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from error

    def _print(self, piece: bytes) -> None:
        """Bytes where standard output takes them, as a workbook needs."""
        if self.stdout._out is sys.stdout and hasattr(sys.stdout, "buffer"):
            sys.stdout.buffer.write(piece)
        else:
            self.stdout.write(piece.decode(), ending="")
