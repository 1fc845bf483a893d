"""Prove an evidence pack: nothing missing, nothing added, nothing altered. Needs the file alone, no database."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.releases.queries.pack import faults_in_pack


class Command(BaseCommand):
    help = "Verify an evidence pack offline: every file against the manifest, and the seal."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="Print the verdict for a program.")

    def handle(self, *args: Any, file: Path, json: bool, **options: Any) -> None:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        faults = faults_in_pack(content)
        if json:
            self.stdout.write(_verdict(file, faults))
        if faults:
            raise CommandError("\n".join([f"{file} does not verify:", *faults]))
        if not json:
            self.stdout.write(f"{file} verifies: every file is what the manifest says.")


def _verdict(file: Path, faults: list[str]) -> str:
    return json.dumps({"file": str(file), "verifies": not faults, "faults": faults})
