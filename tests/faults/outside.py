"""What stands outside the house in these tests: a slow mail server and a slow service to probe. Both keep what they saw."""

from __future__ import annotations

import email
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Outside:
    """Mails by their Message-ID, and how many conversations are going on right now."""

    delay: float = 0.4
    mail_port: int = 0
    service_port: int = 0
    messages: Counter = field(default_factory=Counter)
    probes: int = 0
    talking: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def conversation(self) -> Iterator[None]:
        with self.lock:
            self.talking += 1
        try:
            threading.Event().wait(self.delay)
            yield
        finally:
            with self.lock:
                self.talking -= 1

    def is_talking(self) -> bool:
        return self.talking > 0


def _mail_handler(outside: Outside) -> type[socketserver.StreamRequestHandler]:
    class Smtp(socketserver.StreamRequestHandler):
        """As much of SMTP as a client needs. The message counts once it is taken, before the client hears of it."""

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            try:
                self._talk()
            except (ConnectionError, BrokenPipeError):
                return

        def _talk(self) -> None:
            self.say("220 outside")
            while line := self.rfile.readline():
                verb = line.split()[0].upper() if line.split() else b""
                if verb == b"DATA":
                    self.say("354 go on")
                    self._take(b"".join(iter(self.rfile.readline, b".\r\n")))
                elif verb == b"QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

        def _take(self, raw: bytes) -> None:
            with outside.conversation():
                name = str(email.message_from_bytes(raw)["Message-ID"])
                with outside.lock:
                    outside.messages[name] += 1
            self.say("250 taken")

    return Smtp


def _service_handler(outside: Outside) -> type[BaseHTTPRequestHandler]:
    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with outside.conversation(), outside.lock:
                outside.probes += 1
            try:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"alive")
            except (ConnectionError, BrokenPipeError):
                return

        def log_message(self, *args: object) -> None:
            """Nobody reads this."""

    return Service


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def outside_world(delay: float = 0.4) -> Iterator[Outside]:
    outside = Outside(delay=delay)
    mail = _Server(("127.0.0.1", 0), _mail_handler(outside))
    service = ThreadingHTTPServer(("127.0.0.1", 0), _service_handler(outside))
    outside.mail_port, outside.service_port = mail.server_address[1], service.server_address[1]
    for server in (mail, service):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield outside
    finally:
        for server in (mail, service):
            server.shutdown()
            server.server_close()
