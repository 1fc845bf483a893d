"""`make bench`: interleaved A B A B, median of the pairwise ratios; a table, JSON, and docs/reference/performance.md."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from bench import conflicts, database, impact, imports
from bench.measuring import Server, measure
from bench.rows import ROWS

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
    with Server(database.url_of(os.environ["DATABASE_URL"])) as port:
        found = [measure(row, port, token, options.pairs, options.seconds) for row in ROWS if options.only in row.name]
    table = tabulate(found, options)
    print(table)
    print(json.dumps(found, indent=1))
    if not options.only:
        PAGE.write_text(table + impact.table() + conflicts.table() + imports.table())


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
