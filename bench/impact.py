"""Impact against the bare recursive query, on PostgreSQL and SQLite, layered, in a circle and around a hub: `python -m bench.impact`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import database

SIZES = (10_000, 100_000)
SPOKES = 20_000
PAIRS = 9
HEAD = [
    "",
    "## Impact",
    "",
    "In one process: the whole answer (items, reasons, relationships, redundancy, what is not known) against one recursive query for the same items,",
    f"depth 10; layers with three relationships an item, a circle with chords, and a hub with {SPOKES:,} relationships. Median of {PAIRS} interleaved pairs.",
    "",
    "| database | items | graph | affected | ours ms | floor ms | ratio (spread) | goal |",
    "|---|---|---|---|---|---|---|---|",
]


def table() -> str:
    """The rows of every database and size, each measured in a process of its own."""
    lines = [*HEAD]
    for size in SIZES:
        for name, url in _databases():
            asked = [sys.executable, "-m", "bench.graphs", str(size), str(SPOKES), str(PAIRS)]
            environment = {**os.environ, "DATABASE_URL": url}
            subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True, env=environment)
            told = subprocess.run(asked, check=True, env=environment, stdout=subprocess.PIPE, text=True)
            lines += [f"| {name} | {size:,} | {row}" for row in told.stdout.splitlines()]
    return "\n".join(lines) + "\n"


def _databases() -> list[tuple[str, str]]:
    database.empty(os.environ["DATABASE_URL"])
    folder = tempfile.mkdtemp()
    return [
        ("PostgreSQL", database.url_of(os.environ["DATABASE_URL"])),
        ("SQLite", f"sqlite:///{Path(folder) / 'bench.sqlite3'}"),
    ]


if __name__ == "__main__":
    print(table())
