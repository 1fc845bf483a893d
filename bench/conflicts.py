"""Conflicts and the calendar on PostgreSQL and SQLite, and how they grow: `python -m bench.conflicts`."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from bench.impact import _databases, _ratio
from bench.load import Call
from bench.measuring import Server, measure
from bench.plans import ASKED, AT_HUB
from bench.rows import Row

SIZES = (10_000, 100_000)
PAIRS, SECONDS = 7, 0.5
HEAD = [
    "",
    "## Conflicts and the calendar",
    "",
    "Releases with windows of an hour, evenly over a thousand days, three items each of 20,000, in four environments; 220 freezes and 20 windows. *Conflicts*: all six kinds of",
    "one release with five items, against one statement that finds and builds the same in the database. *Conflicts at a hub*: the same of a release that moves an item which a tenth of",
    "all releases move. *Calendar*: 31 days with every occurrence and clash, against one statement a kind that recurs nothing. Over HTTP, both in the same",
    f"server; ours with token check and permissions. Median of {PAIRS} interleaved pairs.",
    "",
    "| database | releases | work | ours ms | floor ms | ratio (spread) | goal |",
    "|---|---|---|---|---|---|---|",
]


def table() -> str:
    """A row for every database, size and work."""
    lines = [*HEAD]
    for size in SIZES:
        for name, url in _databases():
            lines += [f"| {name} | {size:,} | {row}" for row in _rows(size, url)]
    return "\n".join(lines) + "\n"


def _rows(size: int, url: str) -> list[str]:
    environment = {**os.environ, "DATABASE_URL": url}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True, env=environment)
    fill = [sys.executable, "-m", "bench.plans", str(size), str(size // 10)]
    token = subprocess.run(fill, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout.strip()
    _analyse(environment)
    with Server(url) as port:
        _agree(port, token)
        return [_row(row, port, token) for row in works()]


def works() -> list[Row]:
    """What is measured."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    span = [f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (start, start + timedelta(days=31))]
    return [
        Row("conflicts", Call(f"/api/v1/releases/{ASKED}/conflicts/"), Call(f"/floor/conflicts/{ASKED}"), 3, 0.3),
        Row(
            "conflicts at a hub",
            Call(f"/api/v1/releases/{AT_HUB}/conflicts/"),
            Call(f"/floor/conflicts/{AT_HUB}"),
            3,
            0.3,
        ),
        Row(
            "calendar",
            Call(f"/api/v1/calendar/?from={span[0]}&to={span[1]}"),
            Call(f"/floor/calendar/{'/'.join(span)}"),
            3,
            0.3,
        ),
    ]


def _row(row: Row, port: int, token: str) -> str:
    found = measure(row, port, token, PAIRS, SECONDS, clients=1)
    return f"{row.name} | {found['ours_ms']} | {found['floor_ms']} | {_ratio(found)} | ≤ {row.most} |"


def _agree(port: int, token: str) -> None:
    """Ours and the floor find the same releases."""
    for key in (ASKED, AT_HUB):
        ours = _told(port, token, f"/api/v1/releases/{key}/conflicts/")
        floor = _told(port, token, f"/floor/conflicts/{key}")
        found = {(one["release"], one["item"]) for one in ours if one["kind"] == "item"}
        assert found == {(one["release"], one["item"]) for one in floor["item"] or []}, (
            f"Ours and the floor disagree about {key}."
        )


def _told(port: int, token: str, path: str):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    return json.loads(connection.getresponse().read())


def _analyse(environment: dict[str, str]) -> None:
    code = "import django; django.setup(); from django.db import connection; connection.cursor().execute('ANALYZE')"
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**environment, "DJANGO_SETTINGS_MODULE": "config.settings"}
    )


if __name__ == "__main__":
    print(table())
