"""The production server on a free port, and a row measured on it: ours and the floor in turn."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time

from bench.load import Client, alone, together
from bench.rows import Row


class Server:
    """The README's production server, on a free port."""

    def __init__(self, database: str) -> None:
        self.database = database

    def __enter__(self) -> int:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {
            **os.environ,
            "DATABASE_URL": self.database,
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


def measure(row: Row, port: int, token: str, pairs: int, seconds: float, clients: int = 8) -> dict:
    """Medians of the pairs: latency of one client, and requests a second of all when there are several."""
    counter = [int(time.time())]
    senders = [Client(port, token) for _ in range(clients)]
    for call in (row.ours, row.floor):
        alone(senders[0], call, seconds / 2, counter)
    latencies, rates = [], []
    for _ in range(pairs):
        latencies.append([alone(senders[0], call, seconds, counter) for call in (row.ours, row.floor)])
        if clients > 1:
            rates.append([together(senders, call, seconds, counter) for call in (row.ours, row.floor)])
    ratios = sorted(ours / floor for ours, floor in latencies)
    found = {
        "row": row.name,
        "ours_ms": round(statistics.median(one for one, _ in latencies), 2),
        "floor_ms": round(statistics.median(one for _, one in latencies), 2),
        "ratio": round(statistics.median(ratios), 2),
        "ratio_spread": [round(ratios[0], 2), round(ratios[-1], 2)],
        "goal": row.most,
    }
    return {**found, **_together(row, rates)} if rates else found


def _together(row: Row, rates: list[list[float]]) -> dict:
    return {
        "rate": round(statistics.median(one for one, _ in rates)),
        "share": round(statistics.median(ours / floor for ours, floor in rates), 2),
        "share_goal": row.least,
    }
