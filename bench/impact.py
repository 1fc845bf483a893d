"""Impact on PostgreSQL and SQLite: layered, in a circle and around a hub: `python -m bench.impact`."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import database, graphs
from bench.load import Call
from bench.measuring import Server, measure
from bench.rows import Row

SIZES = (10_000, 100_000)
SPOKES = 20_000
PAIRS, SECONDS = 7, 0.5
USUAL, UNLIMITED = 1000, 50_000
HEAD = [
    "",
    "## Impact",
    "",
    f"The answer of the API to depth 10, with at most {USUAL:,} items as by default, and with all: items with the way to each, relationships, redundancy,",
    "confidence. *Same work*: the same items and relationships, chosen and built as JSON by one statement in the database. *Walk alone*: the items only.",
    "Layers have three relationships an item within neighbourhoods of 200, one in fifty to a hub; the circle is of 3,000 that depend on two more anywhere;",
    f"the hub has {SPOKES:,} relationships. Over HTTP, both in the same server; ours with token check and permissions. Median of {PAIRS} interleaved pairs.",
    "",
    "| database | items | graph | in the answer | ours ms | ÷ same work (spread) | goal | ÷ walk alone (spread) |",
    "|---|---|---|---|---|---|---|---|",
]


def table() -> str:
    """A row for every database, size and graph."""
    lines = [*HEAD]
    for size in SIZES:
        for name, url in _databases():
            lines += [f"| {name} | {size:,} | {row}" for row in _graphs(size, url)]
    return "\n".join(lines) + "\n"


def _graphs(size: int, url: str) -> list[str]:
    environment = {**os.environ, "DATABASE_URL": url}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True, env=environment)
    fill = [sys.executable, "-m", "bench.graphs", str(size), str(SPOKES)]
    token = subprocess.run(fill, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout.strip()
    with Server(url) as port:
        return [
            _graph(graph, key, limit, port, token)
            for graph, key in graphs.keys(size).items()
            for limit in (USUAL, UNLIMITED)
        ]


def _graph(graph: str, key: str, limit: int, port: int, token: str) -> str:
    ours = Call(f"/api/v1/configuration-items/{key}/impact/?depth=10&limit={limit}")
    affected = _affected(port, token, ours.path, key, limit)
    same, walk = (
        measure(
            Row(graph, ours, Call(f"/floor/{floor}/{key}/{limit}"), 2.5, 0.3), port, token, PAIRS, SECONDS, clients=1
        )
        for floor in ("impact", "affected")
    )
    return f"{graph} | {affected:,} | {same['ours_ms']} | {_ratio(same)} | ≤ 2.5 | {_ratio(walk)} |"


def _affected(port: int, token: str, path: str, key: str, limit: int) -> int:
    """How many items both find; they must be the same."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    found = []
    for asked in (path, f"/floor/impact/{key}/{limit}"):
        connection.request("GET", asked, headers={"Authorization": f"Bearer {token}"})
        answer = json.loads(connection.getresponse().read())
        edges = {(one["source"], one["target"], one["type"]) for one in answer["edges"]}
        found.append(({one["key"] for one in answer["nodes"]} - {key}, edges))
    assert found[0] == found[1], f"Ours and the floor disagree about {key}."
    return len(found[0][0])


def _ratio(found: dict) -> str:
    low, high = found["ratio_spread"]
    return f"{found['ratio']} ({low}–{high})"


def _databases() -> list[tuple[str, str]]:
    database.empty(os.environ["DATABASE_URL"])
    folder = tempfile.mkdtemp()
    return [
        ("PostgreSQL", database.url_of(os.environ["DATABASE_URL"])),
        ("SQLite", f"sqlite:///{Path(folder) / 'bench.sqlite3'}"),
    ]


if __name__ == "__main__":
    print(table())
