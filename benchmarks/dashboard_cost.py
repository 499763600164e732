"""Measures the dashboard on a terminal of its own: its share of one core with 100 symbols, and how soon keys answer."""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import _figures
import _homes
import status_scale
from _figures import Figure

SYMBOLS, WIDTH, HEIGHT = 100, 120, 40
SIZE = struct.pack("HHHH", HEIGHT, WIDTH, 0, 0)
WARM_S, SPAN_S, QUICK_SPAN_S = 6.0, 40.0, 10.0
KEYS = 60
LIMIT_SHARE, LIMIT_S = 0.03, 0.1


class Screen:
    """A dashboard in a process of its own with a terminal of its own, whose output is read all the time."""

    def __init__(self, home: Path, loop: str) -> None:
        self.pid, self.handle = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, SIZE)
            os.environ["TERM"] = "xterm-256color"
            for name in ("COLUMNS", "LINES", "NO_COLOR"):
                os.environ.pop(name, None)
            words = [_figures.stockml(), "dashboard", "--with", loop, "--home", str(home)]
            os.execv(words[0], words)
        self.said = b""

    def read(self, seconds: float, until: bytes | None = None) -> float | None:
        """Take the output for a time, or until it holds something; the seconds till then, None if it never came."""
        began = time.perf_counter()
        self.said = b""
        while (left := began + seconds - time.perf_counter()) > 0.0:
            if select.select([self.handle], [], [], left)[0]:
                try:
                    self.said += os.read(self.handle, 65536)
                except OSError:  # it has ended
                    return None
                if until is not None and until in self.said:
                    return time.perf_counter() - began
        return None

    def cpu_s(self) -> float:
        """Seconds of processor so far, of user and system, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def press(self, key: str) -> None:
        os.write(self.handle, key.encode())

    def end(self) -> None:
        os.kill(self.pid, signal.SIGTERM)
        self.read(3.0)
        os.close(self.handle)
        os.waitpid(self.pid, 0)


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield seconds of processor a second, idle and while a training writes, and seconds from key to changed frame."""
    if not _homes.has_prices():
        yield Figure("dashboard", None, LIMIT_SHARE, _homes.NO_PRICES)
        return
    home = fleet()
    for loop in ("rich", "textual") if importlib.util.find_spec("textual") else ("rich",):
        screen = Screen(home, loop)
        try:
            if screen.read(60.0, b"S00000") is None:
                raise RuntimeError(f"no frame came: {screen.said[-400:]!r}")
            screen.read(WARM_S)
            span = QUICK_SPAN_S if quick else SPAN_S
            yield _share(screen, span, f"dashboard ({loop}), {SYMBOLS} symbols, nothing happens: share of one core")
            with _training(home):
                yield _share(screen, span, f"the same ({loop}) while a training writes and the ledger grows")
            yield _latency(screen, loop)
        finally:
            screen.end()


def _share(screen: Screen, span_s: float, name: str) -> Figure:
    before, began = screen.cpu_s(), time.perf_counter()
    screen.read(span_s)
    took = time.perf_counter() - began
    used = screen.cpu_s() - before
    return Figure(name, used / took, LIMIT_SHARE, f"{used:.2f} s of processor in {took:.1f} s")


def _latency(screen: Screen, loop: str) -> Figure:
    """From sending a key to the frame in which the next row is marked, at moments that have nothing to do with it.

    The worst is told beside it: on a busy machine it is how long a process waits for its turn.
    """
    taken = []
    for place in range(1, KEYS + 1):
        screen.read(0.13 + 0.017 * (place % 11))
        began = time.perf_counter()
        screen.press("j")
        if screen.read(5.0, f"> S{place:05d}".encode()) is None:
            raise RuntimeError(f"the key was not answered: {screen.said[-400:]!r}")
        taken.append(time.perf_counter() - began)
    detail = f"{_figures.told({'median': taken})}, load average {os.getloadavg()[0]:.1f}"
    share = sorted(taken)[round(0.95 * KEYS) - 1]
    return Figure(f"key to changed frame ({loop}), seconds, 95 % of {KEYS} keys", share, LIMIT_S, detail)


@contextmanager
def _training(home: Path) -> Iterator[None]:
    """Another process that writes as a training does: an event and a log line every half second, a fact a second."""
    code = (
        "import sys, os, time, itertools\n"
        "from stockml import environment, logbook, workspace\n"
        "from stockml.ledger import facts\n"
        "env = environment.open_environment(workspace.find(sys.argv[1]))\n"
        "run = facts.start_run(env.ledger, 'train', env.clock)\n"
        "events = logbook.Events(env.workspace, run, env.clock)\n"
        "events.stage('collect', 0.0, pid=os.getpid(), symbols=100, fleet=100, quick=False, tune=0)\n"
        "for turn in itertools.count():\n"
        "    events.stage('train', turn % 100 / 100, f'fit {turn}')\n"
        "    logbook.log(env.workspace, 'training', f'line {turn}')\n"
        "    if turn % 2: facts.count_trial(env.ledger, 'S00001', f'{run}-{turn}', env.clock)\n"
        "    time.sleep(0.5)\n"
    )
    writer = subprocess.Popen([*_figures.python(code), str(home)], stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        writer.terminate()
        writer.wait()


def fleet() -> Path:
    """100 healthy symbols with a year of bars and 60 settled forecasts each."""
    import numpy as np

    from stockml import environment, workspace
    from stockml.bars import store
    from stockml.bars.series import Bars
    from stockml.clock import stamp
    from stockml.ledger import store as ledger_store

    home = status_scale.fleet(SYMBOLS)
    env = environment.open_environment(workspace.Workspace(home))
    rng, count = np.random.default_rng(7), 260
    last = env.cut_day("S00000")
    days = [row[0] for row in env.market.execute(
        "SELECT session FROM sessions WHERE calendar = 'XNYS' AND session <= ? ORDER BY session DESC LIMIT ?",
        (last, count))][::-1]  # fmt: skip
    for symbol in env.config.symbols:
        close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.015, count)))
        flat = [close, close * 1.01, close * 0.99, close, np.full(count, 1e6), np.zeros(count), np.ones(count)]
        bars = Bars(symbol, np.array(days, np.int32), *flat)
        facts = {"source": "csv", "fetched_at": stamp(env.clock.now()), "outcome": "ok", "message": ""}
        store.write(env.market, bars, "1d", checked_through=last, fingerprint="", **facts)
        with ledger_store.transaction(env.ledger):
            _forecasts(env, symbol, bars)
    env.ledger.close()
    env.market.close()
    return home


def _forecasts(env: object, symbol: str, bars: object) -> None:
    """Rows of forecasts and outcomes without their chain, which nothing here checks."""
    from stockml.clock import from_day

    champion = json.loads((env.workspace.models / symbol / "live.json").read_text())["champion"]  # type: ignore[attr-defined]
    made = "INSERT INTO forecasts_made(id, symbol, bar_interval, horizon, made_at, session, target_session, " \
        "last_close, price, probability_up, class, class_probabilities, lo80, hi80, lo90, hi90, confidence, regime, " \
        "version, details, prev_hash, hash, recorded_at, checksum) VALUES(" + ",".join("?" * 24) + ")"  # fmt: skip
    for horizon in (1, 5):
        for place in range(190, 260):
            day = from_day(int(bars.session[place])).isoformat()  # type: ignore[attr-defined]
            target = from_day(int(bars.session[min(259, place + horizon)]) + (place + horizon > 259)).isoformat()  # type: ignore[attr-defined]
            close = float(bars.close[place])  # type: ignore[attr-defined]
            id_ = f"{symbol}-{horizon}-{day}"
            ends = [close * (1.0 + share) for share in (-0.02, 0.02, -0.03, 0.03)]
            row = (id_, symbol, "1d", horizon, f"{day}T21:31:00Z", day, target, close, close, 0.53, "hold", "{}", *ends,
                   0.53, "sideways", champion, "{}", "", "", "", "")  # fmt: skip
            env.ledger.execute(made, row)  # type: ignore[attr-defined]
            if place + horizon < 260:
                env.ledger.execute(  # type: ignore[attr-defined]
                    "INSERT INTO outcomes(forecast, status, settled_close, settled_at, error_pct, direction_hit, "
                    "naive_hit, naive_error_pct, total_return, in80, in90, winkler80, winkler90, prev_hash, hash, "
                    "recorded_at, checksum) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                    (id_, "settled", close, f"{target}T21:32:00Z", 0.01, place % 2, 1, 0.01, 0.01, int(place % 5 > 0),
                     int(place % 9 > 0), 0.05, 0.06, "", "", "", ""),
                )  # fmt: skip
