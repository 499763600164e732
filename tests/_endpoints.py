"""Places that alerts go to, on this machine's loopback: a web endpoint and a mail server, with faults on demand."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Hook:
    """A web endpoint. `status` is what it answers, after `delay_s`; with `drip` it never ends its answer."""

    port: int = 0
    status: int = 200
    delay_s: float = 0.0
    drip: bool = False
    location: str = ""
    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.heard]


@contextlib.contextmanager
def hook() -> Iterator[Hook]:
    place = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            place.heard.append((self.path, dict(self.headers), body))
            if place.drip:
                for _ in range(100):  # one byte of a status line each time: no single wait is long
                    self.wfile.write(b"H")
                    self.wfile.flush()
                    time.sleep(0.05)
                return
            time.sleep(place.delay_s)
            with contextlib.suppress(OSError):
                self.send_response(place.status)
                if place.location:
                    self.send_header("Location", place.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *words: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        place.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield place
        server.shutdown()


def closed_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Mailbox:
    """A mail server. `refuse` maps a verb (EHLO, AUTH, MAIL, RCPT, DATA) to the reply it gets instead of yes."""

    port: int = 0
    refuse: dict[str, str] = field(default_factory=dict)
    letters: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)


@contextlib.contextmanager
def mailbox() -> Iterator[Mailbox]:
    place = Mailbox()

    class Session(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

        def handle(self) -> None:
            self.say("220 test")
            while line := self.rfile.readline().decode().strip():
                verb = line.split()[0].upper()
                if verb in place.refuse:
                    self.say(place.refuse[verb].replace("{line}", line))
                elif verb == "EHLO":
                    self.say("250-test")
                    self.say("250 AUTH PLAIN")
                elif verb == "AUTH":
                    place.logins.append(base64.b64decode(line.split()[2]).decode())
                    self.say("235 yes")
                elif verb == "DATA":
                    self.say("354 go on")
                    lines = []
                    while (text := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                        lines.append(text)
                    place.letters.append("\n".join(lines))
                    self.say("250 taken")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 yes")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        place.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield place
        server.shutdown()
