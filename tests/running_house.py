"""A whole house in processes of its own, on a database and a broker of its own: for tests that kill things.

The test process speaks to it as outsiders do: over HTTP, through its management commands, by reading its files.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.waiting import until

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class RunningHouse:
    """Settings of one house, and the processes that were started for it."""

    var: Path
    database_url: str = ""
    broker_url: str = ""
    lease_seconds: int = 4
    port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What the house's processes see: nothing of the test run's own settings."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        told = {
            "TIDEGATE_ENV": "demo",
            "TIDEGATE_VAR": str(self.var),
            "TIDEGATE_BASE_URL": self.url,
            "DATABASE_URL": self.database_url,
            "BROKER_URL": self.broker_url,
            "OUTBOX_LEASE_SECONDS": str(self.lease_seconds),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
        }
        return kept | {name: value for name, value in told.items() if value} | self.extra

    # --- commands and processes ----------------------------------------------------------------------------------------

    def manage(self, *words: str, check: bool = True, **more: Any) -> subprocess.CompletedProcess:
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, **more)
        if check and done.returncode:
            raise AssertionError(
                f"manage.py {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done

    def start(self, name: str, *command: str) -> subprocess.Popen:
        """Start a process in a session of its own; its log stands beside the database."""
        with (self.var / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        return self.processes[name]

    def start_worker(self, name: str = "worker") -> subprocess.Popen:
        return self.start(name, sys.executable, "manage.py", "worker")

    def start_web(self, name: str = "web") -> subprocess.Popen:
        options = [
            "--bind",
            f"127.0.0.1:{self.port}",
            "--threads",
            "4",
            "--log-level",
            "warning",
            "--no-control-socket",
        ]
        web = self.start(name, sys.executable, "-m", "gunicorn", "config.wsgi:application", *options)
        until(self.answers, seconds=60, what="the web server")
        return web

    def kill(self, name: str) -> None:
        """kill -9, the process and everything that it started."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=20)

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name)

    def log_of(self, name: str) -> str:
        path = self.var / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    # --- what an outsider sees -------------------------------------------------------------------------------------------

    def answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        return False

    def is_ready(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200
        return False

    def backlog(self) -> dict[str, Any]:
        return json.loads(self.manage("outbox", "--json").stdout)

    def is_quiet(self) -> bool:
        state = self.backlog()
        return not (state["waiting"] or state["open"])

    def mails(self) -> list[str]:
        """Every mail that was written, as text."""
        return [path.read_text(errors="replace") for path in sorted((self.var / "mail").glob("*.log"))]

    def shell(self, code: str) -> Any:
        """Run a few lines in the house; what they leave in `answer` comes back."""
        wrapped = f"import json\n{code}\nprint('ANSWER', json.dumps(answer, default=str))"
        said = self.manage("shell", "-v0", "-c", wrapped).stdout
        return json.loads(said.rpartition("ANSWER ")[2])


@contextlib.contextmanager
def postgresql_database(server_url: str) -> Iterator[str]:
    """A database of its own beside the one that the URL names."""
    name = f"tidegate_house_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(server_url, autocommit=True) as link:
        link.execute(f'CREATE DATABASE "{name}"')
    try:
        yield server_url.rpartition("/")[0] + f"/{name}"
    finally:
        with psycopg.connect(server_url, autocommit=True) as link:
            link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[BrokerProcess]:
    """A Redis of its own, on a spare port, that forgets nothing when it is killed (append-only file)."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--appendonly", "yes"]
    broker = BrokerProcess(f"redis://127.0.0.1:{port}/0", command, port, folder)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()


@dataclass
class BrokerProcess:
    """A broker that a test may kill and start again."""

    url: str
    command: list[str]
    port: int
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen | None = None

    def start(self) -> None:
        with (self.folder / "broker.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, env=os.environ | self.environment, start_new_session=True
            )
        until(self.listens, seconds=60, what=f"the broker on port {self.port}")

    def listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=20)
            self.process = None


@contextlib.contextmanager
def rabbitmq_server(folder: Path) -> Iterator[BrokerProcess]:
    """A RabbitMQ node of its own, on spare ports of this machine."""
    # Debian's wrapper changes the user; the script behind it runs as whoever calls it.
    server = shutil.which("rabbitmq-server", path=f"/usr/lib/rabbitmq/bin:{os.environ['PATH']}") or "rabbitmq-server"
    node, port = f"tidegate_{uuid.uuid4().hex[:8]}@localhost", free_port()
    environment = {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": node,
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
    }
    (folder / "plugins").write_text("[].\n")
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\n")
    broker = BrokerProcess(f"amqp://guest:guest@127.0.0.1:{port}//", [server], port, folder, environment)
    try:
        broker.start()
        until(lambda: _amqp_answers(broker.url), seconds=60, what="RabbitMQ")
        yield broker
    finally:
        broker.kill()


def _amqp_answers(url: str) -> bool:
    from kombu import Connection

    try:
        with Connection(url, connect_timeout=2) as link:
            link.connect()
    except OSError:
        return False
    return True
