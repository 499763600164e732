"""Runs the command line in forks of a process that has imported everything, which costs a tenth of a start of Python.

A run has its own process, environment, working folder and output, as a command begun cold has. Two things differ: all
runs of a server hash strings with one seed, and its imports are done. `tests/contract/test_light_commands.py`, the
`cli` fixture and all that kills commands begin them cold.
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

import stockml.cli

HEAVY = ("stockml.cli._frame", "stockml.pipeline.commands", "stockml.view", "pandas", "lightgbm", "scipy.stats",
         "sklearn.linear_model", "exchange_calendars", "rich.console")  # fmt: skip
MOST = 1 << 17  # bytes of a message: the words and the environment
_CODE = "import sys, _warm; _warm.serve(int(sys.argv[1]))"


def run(words: list[str], environment: dict[str, str], timeout_s: float) -> subprocess.CompletedProcess[str]:
    """A finished run of the command line, as `subprocess.run` would tell of it. Raises `TimeoutExpired`."""
    line = _server()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        message = json.dumps([words, environment, os.getcwd()]).encode()
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
    settings = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
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


def _become(words: list[str], environment: dict[str, str], folder: str, handles: list[int]) -> None:
    for place, handle in enumerate(handles, 1):
        os.dup2(handle, place)
        os.close(handle)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    from stockml.cli import main

    sys.argv = ["-c", *words]
    status = 1
    try:
        main(words)
    except SystemExit as ended:
        status = int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)  # the rest of an end only takes time
