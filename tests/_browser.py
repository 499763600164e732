"""A headless Chromium on a pipe: opens a file, notes what it says and asks for, and answers questions about it."""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking",
    "--no-first-run", "--disable-component-update", "--disable-default-apps", "--disable-sync",
    "--disable-dev-shm-usage", "--remote-debugging-pipe",
    "--proxy-server=127.0.0.1:9",  # nobody answers there: a request that leaves would fail
)  # fmt: skip


def found() -> str | None:
    """The browser's path, if there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def axe() -> Path | None:
    """The script of axe-core, where `.ci/run` or a person put it: $STOCKML_AXE."""
    path = Path(os.environ.get("STOCKML_AXE", ""))
    return path if path.is_file() else None


# The browser reads commands from descriptor 3 and answers on 4.
_BEGIN = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3]]
for end, place in zip(ends, (3, 4)):
    os.dup2(end, place)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """One page. `console` holds what it logged or threw, `requests` the addresses it asked for since it was opened."""

    def __init__(self, commands: int, answers: int) -> None:
        self.commands, self.answers = commands, answers
        self.numbers = itertools.count(1)
        self.rest = b""
        self.console: list[str] = []
        self.requests: list[str] = []
        self.loaded = False
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Any) -> Any:
        """A command to the page, and its answer."""
        return self._ask(method, self.session, **params)

    def open(self, path: Path, *, width: int = 1280, dark: bool = False, media: str = "screen") -> None:
        """Load a file and wait until it is there."""
        self.console, self.requests, self.loaded = [], [], False
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.ask("Page.navigate", url=path.as_uri())
        while not self.loaded:
            self._take(self._read())

    def value(self, script: str, *, waits: bool = False) -> Any:
        """What an expression comes to; with `waits` that of the promise it is."""
        told = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=waits)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def picture(self, path: Path) -> None:
        """A picture of the whole page."""
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {**size, "scale": 1}
        made = self.ask("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(made["data"]))

    def printed(self, path: Path) -> None:
        """The page as it comes out of a printer."""
        self.ask("Emulation.setEmulatedMedia", media="print", features=[])
        made = self.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        path.write_bytes(base64.b64decode(made["data"]))

    def _ask(self, method: str, session: str | None = None, **params: Any) -> Any:
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": params, **({"sessionId": session} if session else {})}
        content = json.dumps(message).encode() + b"\0"
        while content:
            content = content[os.write(self.commands, content) :]
        while True:
            told = self._read()
            if told.get("id") == number:
                assert "error" not in told, told["error"]
                return told["result"]
            self._take(told)

    def _take(self, told: dict[str, Any]) -> None:
        method, params = told.get("method"), told.get("params", {})
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.consoleAPICalled":
            self.console.append(json.dumps(params["args"]))
        elif method == "Runtime.exceptionThrown":
            self.console.append(json.dumps(params["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.console.append(params["entry"]["text"])

    def _read(self, within_s: float = 30.0) -> dict[str, Any]:
        end = time.monotonic() + within_s
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.answers], [], [], max(0.0, end - time.monotonic()))
            piece = os.read(self.answers, 1 << 20) if ready else b""
            assert piece, "the browser does not answer"
            self.rest += piece
        line, _, self.rest = self.rest.partition(b"\0")
        told: dict[str, Any] = json.loads(line)
        return told


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser with a profile of its own, ended with the block."""
    path = found()
    assert path is not None
    read_commands, commands = os.pipe()
    answers, write_answers = os.pipe()
    line = [sys.executable, "-c", _BEGIN, str(read_commands), str(write_answers), path, *OPTIONS]
    running = subprocess.Popen(
        [*line, f"--user-data-dir={profile}", "about:blank"], pass_fds=(read_commands, write_answers),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(read_commands)
    os.close(write_answers)
    try:
        yield Browser(commands, answers)
    finally:
        running.terminate()
        running.wait(20)
        os.close(commands)
        os.close(answers)
