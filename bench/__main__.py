"""`make bench`: interleaved A B A B, median of the pairwise ratios; a table, JSON, and docs/reference/performance.md."""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench import database, impact
from bench.load import Client, alone, together
from bench.rows import ROWS, Row

PAGE = Path("docs/reference/performance.md")


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m bench")
    asked.add_argument("--items", type=int, default=100_000)
    asked.add_argument("--releases", type=int, default=100_000)
    asked.add_argument("--pairs", type=int, default=5)
    asked.add_argument("--seconds", type=float, default=1.0)
    asked.add_argument("--only", default="")
    options = asked.parse_args()
    token = database.make(os.environ["DATABASE_URL"], f"{options.items},{options.releases}")
    with Server() as port:
        found = [measure(row, port, token, options.pairs, options.seconds) for row in ROWS if options.only in row.name]
    table = tabulate(found, options)
    print(table)
    print(json.dumps(found, indent=1))
    if not options.only:
        PAGE.write_text(table + impact.table())


class Server:
    """The README's production server, on a free port."""

    def __enter__(self) -> int:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {
            **os.environ,
            "DATABASE_URL": database.url_of(os.environ["DATABASE_URL"]),
            "API_RATE": "100000000/min",
        }
        command = [sys.executable, "-m", "gunicorn", "bench.wsgi", "--threads=4", "--workers=2"]
        self.process = subprocess.Popen(
            [*command, f"--bind=127.0.0.1:{port}", "--keep-alive=60", "--log-level=error"], env=environment
        )
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return port
            time.sleep(0.1)
        raise RuntimeError("The server did not come up.")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(20)


def measure(row: Row, port: int, token: str, pairs: int, seconds: float) -> dict:
    counter = [int(time.time())]
    clients = [Client(port, token) for _ in range(8)]
    for call in (row.ours, row.floor):
        alone(clients[0], call, seconds / 2, counter)
    latencies, rates = [], []
    for _ in range(pairs):
        ours, floor = (alone(clients[0], call, seconds, counter) for call in (row.ours, row.floor))
        latencies.append((ours, floor))
        ours, floor = (together(clients, call, seconds, counter) for call in (row.ours, row.floor))
        rates.append((ours, floor))
    ratios = sorted(ours / floor for ours, floor in latencies)
    shares = sorted(ours / floor for ours, floor in rates)
    return {
        "row": row.name,
        "ours_ms": round(statistics.median(one for one, _ in latencies), 2),
        "floor_ms": round(statistics.median(one for _, one in latencies), 2),
        "ratio": round(statistics.median(ratios), 2),
        "ratio_spread": [round(ratios[0], 2), round(ratios[-1], 2)],
        "goal": row.most,
        "rate": round(statistics.median(one for one, _ in rates)),
        "share": round(statistics.median(shares), 2),
        "share_goal": row.least,
    }


def tabulate(found: list[dict], options: argparse.Namespace) -> str:
    lines = [
        "# Performance",
        "",
        "Written by `make bench`. Ratios of one run on one machine, ours against the least code that does the same work in the same",
        f"server (gunicorn, 2 workers of 4 threads) on PostgreSQL; {options.items:,} items, {options.releases:,} releases, median of",
        f"{options.pairs} interleaved pairs. Ours carries the token check, permissions, ETag, audit and events; the floor carries none.",
        "",
        "| work | ours ms | floor ms | ratio (spread) | goal | share of the floor's rate at 8 | goal |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in found:
        low, high = one["ratio_spread"]
        lines.append(
            f"| {one['row']} | {one['ours_ms']} | {one['floor_ms']} | {one['ratio']} ({low}–{high}) | ≤ {one['goal']} "
            f"| {one['share']} | ≥ {one['share_goal']} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
