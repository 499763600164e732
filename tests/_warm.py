"""Runs the command line in forks of a process that has imported everything: half the time of a start, or less.

A run has its own process, environment, working folder and output, as a command begun cold has. Two things differ: all
runs of a server hash strings with one seed, and its imports are done. Every command is begun cold once in
`tests/cli/test_envelope.py` and `tests/contract/test_light_commands.py`, and so is all that is killed or timed.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from datetime import datetime
from pathlib import Path

import stockml.cli
from stockml import clock

HEAVY = ("stockml.cli._frame", "stockml.pipeline.commands", "stockml.view", "pandas", "lightgbm", "scipy.stats",
         "sklearn.linear_model", "exchange_calendars", "rich.console", "yfinance")  # fmt: skip
MOST = 1 << 17  # bytes of a message: the words and the environment
_CODE = "import sys, _warm; _warm.serve(int(sys.argv[1]))"


def run(
    words: list[str], environment: dict[str, str], *, folder: Path | None = None, now: str = "", timeout_s: float = 120
) -> subprocess.CompletedProcess[str]:
    """A finished run of the command line, as `subprocess.run` would tell of it, on a machine whose clock stands at
    `now` if that is given. Raises `TimeoutExpired`."""
    line = _server()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as err:
        message = json.dumps([words, environment, str(folder or Path.cwd()), now]).encode()
        socket.send_fds(line, [message], [out.fileno(), err.fileno()])
        line.settimeout(timeout_s)
        try:
            status = int(line.recv(MOST))
        except TimeoutError:
            _end()
            raise subprocess.TimeoutExpired(words, timeout_s) from None
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(words, status, out.read(), err.read())


@functools.cache
def _server() -> socket.socket:
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    paths = os.pathsep.join(path for path in sys.path if path)
    settings = {**os.environ, "PYTHONPATH": paths, "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
    server = subprocess.Popen(
        [sys.executable, "-c", _CODE, str(its.fileno())], pass_fds=[its.fileno()], stdin=subprocess.DEVNULL,
        env=settings, cwd="/", start_new_session=True,
    )  # fmt: skip
    its.close()
    _running.append(server)
    return ours


_running: list[subprocess.Popen[bytes]] = []


@atexit.register
def _end() -> None:
    """End the server and what it runs."""
    for server in _running:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    _running.clear()
    _server.cache_clear()


def serve(number: int) -> None:
    """Fork for each message that comes, and answer with the exit status."""
    line = socket.socket(fileno=number)
    for name in HEAVY:
        importlib.import_module(name)
    for one in pkgutil.iter_modules(stockml.cli.__path__, "stockml.cli."):
        importlib.import_module(one.name)
    atexit.unregister(_end)
    gc.freeze()
    while True:
        message, handles, _, _ = socket.recv_fds(line, MOST, 2)
        if not message:
            return
        child = os.fork()
        if not child:
            line.close()
            _become(*json.loads(message), handles)
        for handle in handles:
            os.close(handle)
        line.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def _become(words: list[str], environment: dict[str, str], folder: str, now: str, handles: list[int]) -> None:
    for place, handle in enumerate(handles, 1):
        os.dup2(handle, place)
        os.close(handle)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    tempfile.tempdir = None
    if now:
        _stop_clock(datetime.fromisoformat(now))
    sys.argv = ["-c", *words]
    status = 1
    try:
        stockml.cli.main(words)
    except SystemExit as ended:
        status = int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        gc.collect()  # closes databases, whose logs then are in them
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)  # the rest of an end only takes time


def _stop_clock(moment: datetime) -> None:
    plain = clock.recorded_at
    for module in list(sys.modules.values()):
        if getattr(module, "recorded_at", None) is plain:
            module.recorded_at = lambda: moment  # type: ignore[attr-defined]
