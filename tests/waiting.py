"""Waiting for something another process does: as short as it can be, and never for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def until(ask: Callable[[], Answer], seconds: float = 20, what: str = "") -> Answer:
    """Ask again and again until the answer is true; give it back. Fails with `what` was awaited after `seconds`."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {seconds:.0f} s in vain for {what or ask}.")
        pause.wait(0.05)
