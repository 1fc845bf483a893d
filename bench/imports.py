"""Imports of 100,000 records in every format, on both databases: memory above idle and time: `python -m bench.imports`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import database
from bench.catalogs import WRITERS

RECORDS = 100_000
MOST_MEMORY = 200  # MiB above idle
HEAD = [
    "",
    "## Imports",
    "",
    f"{RECORDS:,} records, each with two relationships, into an empty map: first a dry run, then the import, then the same file again. Each in a",
    "process of its own; memory is the peak of its resident set above what it had before it opened the file.",
    "",
    "| database | format | file MiB | dry run s | MiB | import s | MiB | again s | MiB | goal |",
    "|---|---|---|---|---|---|---|---|---|---|",
]


def table(formats: list[str] | None = None, records: int = RECORDS) -> str:
    """A row for each database and format."""
    lines = [*HEAD]
    with tempfile.TemporaryDirectory() as folder:
        for format in formats or WRITERS:
            file = Path(folder) / f"catalog.{format}"
            WRITERS[format](file, records)
            for name, environment in _databases(Path(folder)):
                lines.append(_row(name, format, file, environment))
                print(lines[-1], file=sys.stderr, flush=True)
            file.unlink()
    return "\n".join(lines) + "\n"


def _databases(folder: Path) -> list[tuple[str, dict[str, str]]]:
    """Empty ones, migrated."""
    base = os.environ["DATABASE_URL"]
    database.empty(base)
    file = folder / "bench.sqlite3"
    for one in folder.glob("bench.sqlite3*"):
        one.unlink()
    found = []
    for name, url in (("PostgreSQL", database.url_of(base)), ("SQLite", f"sqlite:///{file}")):
        environment = {**os.environ, "DATABASE_URL": url}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True, env=environment)
        found.append((name, environment))
    return found


def _row(name: str, format: str, file: Path, environment: dict[str, str]) -> str:
    cells = []
    for mode in ("rehearse", "import", "again"):
        asked = [sys.executable, "-m", "bench.importing", format, str(file), mode]
        told = subprocess.run(asked, check=True, env=environment, stdout=subprocess.PIPE, text=True)
        cells.append(told.stdout.strip())
    return f"| {name} | {format} | {file.stat().st_size / 2**20:.0f} | {' | '.join(cells)} | < {MOST_MEMORY} |"


if __name__ == "__main__":
    print(table(sys.argv[1:]))
