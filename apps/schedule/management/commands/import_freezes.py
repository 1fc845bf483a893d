"""`manage.py import_freezes FILE --source NAME [--time-zone Z] [--kind K] [--dry-run] [--json]`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.actor import Actor, Door
from apps.core.errors import Invalid, Refusal
from apps.schedule.actions import Imported, import_freezes
from apps.schedule.models import FreezeKind


class Command(BaseCommand):
    help = "Take freezes over from an iCalendar file. The same file twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--source", required=True, help="who keeps the calendar: a name of your choice, the same each time"
        )
        parser.add_argument("--time-zone", default="UTC", help="of days, and of times without a zone")
        parser.add_argument("--kind", default="hard", choices=FreezeKind.values)
        parser.add_argument("--dry-run", action="store_true", help="report what would happen, and change nothing")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *, file: Path, source: str, **options: Any) -> None:
        try:
            found = import_freezes(
                data=file.read_bytes(),
                source=source,
                time_zone=options["time_zone"],
                kind=options["kind"],
                dry_run=options["dry_run"],
                by=Actor(Door.COMMAND, name="import_freezes"),
            )
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except Invalid as refusal:
            raise CommandError(f"{file}: {' '.join(str(one.detail) for one in refusal.errors)}") from refusal
        except Refusal as refusal:
            raise CommandError(f"{file}: {refusal.detail}") from refusal
        self.stdout.write(json.dumps(asdict(found), indent=2) if options["json"] else _words(found))


def _words(found: Imported) -> str:
    head = "Would be" if found.is_dry_run else "Were"
    lines = [
        f"{head}: {len(found.created)} created, {len(found.updated)} updated, {found.unchanged} unchanged, "
        f"{len(found.rejected)} not taken over.",
        *(f"event {one.number} ({one.record}): {one.reason}" for one in found.rejected),
    ]
    if found.missing:
        lines.append(f"No longer in the file, and still here: {', '.join(found.missing)}.")
    return "\n".join(lines)
