"""`manage.py import_cis FILE --source NAME --format F [--mapping M] [--dry-run] [--diff] [--complete] [--json]`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.cmdb.actions import import_catalog
from apps.cmdb.formats import KNOWN
from apps.cmdb.models import ImportLine, ImportRun
from apps.core.actor import Actor, Door
from apps.core.errors import Refusal

FIGURES = {
    "created": "created",
    "updated": "updated",
    "unchanged": "unchanged",
    "rejected": "rejected_count",
    "left out": "skipped_count",
    "missing": "missing_count",
}
MOST_SHOWN = 20
WIDTH = 40
LONGEST_VALUE = 120
STEPS = 10
WORTH_TELLING = {"reading": 1024 * 1024, "writing": 5000}  # bytes, records
SIGNS = {"created": "+", "updated": "~", "missing": "-"}


class Command(BaseCommand):
    help = "Import configuration items from a file. The same file twice changes nothing."
    _told = ("", 0)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="who says so: a name of your choice, the same each time")
        parser.add_argument("--format", required=True, choices=KNOWN)
        parser.add_argument("--mapping", default="", help="short name of the column mapping, for csv and xlsx")
        parser.add_argument("--dry-run", action="store_true", help="report what would happen, and change nothing")
        parser.add_argument(
            "--diff", action="store_true", help="list what is created, updated and missing, field by field"
        )
        parser.add_argument(
            "--complete", action="store_true", help="the file is all that the source has: mark the rest missing"
        )
        parser.add_argument("--json", action="store_true", help="answer as JSON, with every rejected record")

    def handle(self, *, file: Path, source: str, format: str, **options: Any) -> None:
        try:
            with file.open("rb") as content:
                run = import_catalog(
                    source=source,
                    format=format,
                    content=content,
                    dry_run=options["dry_run"],
                    complete=options["complete"],
                    file_name=file.name,
                    mapping=options["mapping"],
                    by=Actor(Door.COMMAND, name="import_cis"),
                    progress=self._bar if self.stderr.isatty() else self._lines,
                )
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except Refusal as refusal:
            raise CommandError(f"{file}: {refusal.detail}") from refusal
        if options["diff"] and not options["json"]:
            for line in run.lines.filter(outcome__in=SIGNS).order_by("id").iterator(chunk_size=1000):
                self.stdout.write(_diff_of(line))
        self.stdout.write(json.dumps(_answer(run, options["diff"]), indent=2) if options["json"] else _words(run))

    def _bar(self, part: str, done: int, total: int) -> None:
        """On a terminal: one line for each part, written over."""
        filled = WIDTH * done // max(total, 1)
        ending = "\n" if done == total else ""
        said = f"{part:8}[{'#' * filled}{'.' * (WIDTH - filled)}] {self._amount(part, done)} of {self._amount(part, total)}"
        self.stderr.write(f"\r{said}\x1b[K", ending=ending)
        self.stderr.flush()

    def _lines(self, part: str, done: int, total: int) -> None:
        """In a log: a line for every tenth, and none for what is done before anybody looks."""
        step = (part, STEPS * done // max(total, 1))
        if total >= WORTH_TELLING[part] and step != self._told:
            self._told = step
            self.stderr.write(f"{part}: {self._amount(part, done)} of {self._amount(part, total)}")

    def _amount(self, part: str, count: int) -> str:
        return f"{count / 2**20:.1f} MiB" if part == "reading" else f"{count:,}"


def _diff_of(line: ImportLine) -> str:
    """What becomes of one record: its fields before and after, the relationships that go and come."""
    rows = [f"{SIGNS[line.outcome]} {line.ci_key or line.record}" + (f"  ({line.record})" if line.ci_key else "")]
    for field, (before, after) in line.changes.items():
        if field == "relationships":
            rows += [f"    - {one}" for one in before] + [f"    + {one}" for one in after]
        elif isinstance(before, dict) and isinstance(after, dict):
            names = sorted(one for one in before | after if before.get(one) != after.get(one))
            rows += [f"    {field}.{one}: {_short(before.get(one))} → {_short(after.get(one))}" for one in names]
        else:
            rows.append(f"    {field}: {_short(before)} → {_short(after)}")
    return "\n".join(rows)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _answer(run: ImportRun, with_diff: bool) -> dict[str, Any]:
    diff = run.lines.filter(outcome__in=SIGNS).order_by("id").values("outcome", "record", "ci_key", "changes")
    lines = ("record", "location", "reason")
    return {
        "id": run.pk,
        "source": run.source,
        "format": run.format,
        "dry_run": run.dry_run,
        **{name.replace(" ", "_"): getattr(run, field) for name, field in FIGURES.items() if name != "rejected"},
        "relationships_created": run.relationships_created,
        "relationships_missing": run.relationships_missing,
        "unresolved": run.unresolved,
        "resolved": run.resolved,
        "rejected": list(run.rejected.values(*lines)),
        "skipped": list(run.skipped.values(*lines)),
        **({"diff": list(diff)} if with_diff else {}),
    }


def _words(run: ImportRun) -> str:
    said = ", ".join(f"{value} {name}" for name, field in FIGURES.items() if (value := getattr(run, field)))
    begin = "Dry run, nothing was changed" if run.dry_run else f"Import {run.pk} from {run.source}"
    rows = [f"{begin}: {said or 'no records'}."]
    if run.relationships_created or run.unresolved:
        rows.append(f"Relationships created: {run.relationships_created}; references not resolved: {run.unresolved}.")
    rejected = list(run.rejected[:MOST_SHOWN])
    rows += [f"  rejected: {one.record} ({one.location}): {one.reason}" for one in rejected]
    if run.rejected_count > len(rejected):
        rows.append(f"  … and {run.rejected_count - len(rejected)} more; --json lists them all.")
    return "\n".join(rows)
