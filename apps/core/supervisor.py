"""One process tree: children in sessions of their own, a dead one started again, one signal ends them all."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

RESTART_AFTER = 1.0
PR_SET_PDEATHSIG = 1
PATIENCE = 12.0


class Supervisor:
    """Keeps named commands running until SIGTERM or SIGINT, then ends them and waits."""

    def __init__(self, commands: Mapping[str, Sequence[str]], say: Callable[[str], None]) -> None:
        self.commands, self.say = commands, say
        self.children: dict[str, subprocess.Popen] = {}
        self.stopping = False

    def run(self) -> int:
        for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(one, self._stop)
        for name in self.commands:
            self._start(name)
        while not self.stopping:
            self._restart_the_dead()
            time.sleep(0.2)
        return self._end()

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def _start(self, name: str) -> None:
        # A session of its own: Ctrl-C at the terminal reaches the supervisor only, which ends the children in order.
        command = list(self.commands[name])
        self.children[name] = subprocess.Popen(command, start_new_session=True, preexec_fn=_end_with_parent)  # noqa: S603

    def _restart_the_dead(self) -> None:
        for name, child in list(self.children.items()):
            code = child.poll()
            if code is None or self.stopping:
                continue
            self.say(f"The {name} ended ({_how(code)}); it starts again.")
            time.sleep(RESTART_AFTER)
            if not self.stopping:
                self._start(name)

    def _end(self) -> int:
        for child in self.children.values():
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for name, child in self.children.items():
            try:
                child.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.say(f"The {name} did not end in {PATIENCE:.0f} s; it is killed. The outbox brings back its work.")
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        return 0


def _end_with_parent() -> None:
    """On Linux a child is told to end when its supervisor is killed, so that no orphan keeps the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _signal(child: subprocess.Popen, which: signal.Signals) -> None:
    if child.poll() is None:
        child.send_signal(which)


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
