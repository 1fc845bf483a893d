"""A client that keeps its connection: median latency alone, requests a second with eight."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Call:
    """One request; `{n}` in path or body counts up, so that writes differ."""

    path: str
    method: str = "GET"
    body: str = ""


class Client:
    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def send(self, call: Call, number: int) -> None:
        body = call.body.replace("{n}", str(number)) or None
        self.connection.request(call.method, call.path.replace("{n}", str(number)), body, self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{call.method} {call.path} answered {answer.status}: {text[:300]!r}")


def alone(client: Client, call: Call, seconds: float, counter: list[int]) -> float:
    """Median milliseconds of one client."""
    taken = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        counter[0] += 1
        begun = time.perf_counter()
        client.send(call, counter[0])
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1000


def together(clients: list[Client], call: Call, seconds: float, counter: list[int]) -> float:
    """Requests a second of all clients at once."""
    lock, done = threading.Lock(), [0]
    until = time.perf_counter() + seconds

    def run(client: Client) -> None:
        while time.perf_counter() < until:
            with lock:
                counter[0] += 1
                number = counter[0]
            client.send(call, number)
            with lock:
                done[0] += 1

    threads = [threading.Thread(target=run, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done[0] / seconds
