"""`status` and `explain` as they are typed: order, choice, plain text, watching in a terminal, odd terminals."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path

import _fleet
import _naive
import pytest
from _naive import SESSIONS

from stockml.ledger import outcomes
from stockml.pipeline import recent, settle

LAST = SESSIONS[-1]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four symbols with forty settled forecasts each, in a folder with a space and letters of elsewhere."""
    made = _naive.make(tmp_path_factory.mktemp("status") / "ä 株")
    _fleet.result("data", "fetch", "--as-of", LAST, home=made)
    env = _naive.at(made, SESSIONS[-15])
    champion = next(path.name for path in (made / "persistent_data/ml_models/AAA/versions").iterdir())
    _naive.speak(made, dict.fromkeys(_fleet.SYMBOLS, champion), 1.0, range(-42, -2))
    settle.settle(_naive.at(made, LAST))
    assert env.config.symbols == _fleet.SYMBOLS
    return made


def lines(*words: str, home: Path, **environment: str) -> list[str]:
    ran = subprocess.run(
        _fleet.command("status", "--as-of", LAST, *words, home=home), capture_output=True, timeout=60, check=False,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "120", **environment},
    )  # fmt: skip
    assert ran.returncode in (0, 1), ran.stderr
    return ran.stdout.decode("utf-8", "replace").splitlines()


def order(shown: list[str]) -> list[str]:
    return [line.split()[0] for line in shown if line[:4].strip() in _fleet.SYMBOLS]


def test_rows_are_sorted_and_chosen_as_asked(home: Path) -> None:
    assert order(lines(home=home)) == list(_fleet.SYMBOLS)
    assert order(lines("DDD", "BBB", home=home)) == ["DDD", "BBB"]
    by_up = order(lines("--sort", "up", home=home))
    rows = _fleet.result("status", "--as-of", LAST, home=home)["symbols"]
    rates = {one["symbol"]: one["direction"]["accuracy"] for one in rows}
    assert [rates[one] for one in by_up] == sorted(rates.values(), reverse=True)
    assert order(lines("--state", "failed", "--state", "stale", home=home)) == []
    assert len(order(lines("--state", "failed", "--state", "healthy", home=home))) == 4


def test_the_trend_is_the_rolling_share_of_the_settled_forecasts(home: Path) -> None:
    env = _naive.at(home, LAST)
    rows = outcomes.settled(env.ledger, "1d", env.clock, "AAA").fetchall()
    hits = [row["in90"] for row in rows if row["horizon"] == 1]
    trend = recent.of(env, "AAA", None, None).trend
    assert trend is not None and len(hits) == 40
    assert trend["coverage"] == [sum(hits[end - 20 : end]) / 20 for end in range(20, 41)]
    assert trend["sessions"] == [rows[19]["session"], rows[39]["session"]]
    drawn = next(line for line in lines(home=home) if line.startswith("AAA"))
    assert set(drawn) & set("▁▂▃▄▅▆▇█"), drawn


def test_plain_text_says_the_same_without_a_sign(home: Path) -> None:
    shown = lines("--plain", home=home)
    assert shown[0].startswith("fleet: ") and "symbol: AAA" in shown and shown[-1].startswith("next: ")
    assert all(": " in line for line in shown if line)


@pytest.mark.parametrize("environment", [
    {"PYTHONIOENCODING": "ascii"}, {"TERM": "dumb"},
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
])  # fmt: skip
def test_odd_terminals_get_letters(environment: dict[str, str], home: Path) -> None:
    shown = "\n".join(lines(home=home, **environment))
    assert "AAA" in shown and not set(shown) & set("▁▂▃▄▅▆▇█─●│┼±")


def test_the_legend_explains_every_column(home: Path) -> None:
    ran = _fleet.stockml("status", "--legend", home=home / "nowhere")
    assert ran.returncode == 0 and "Winkler ratio" in ran.stdout and "interval bar" in ran.stdout


def test_watching_and_one_document_exclude_each_other(home: Path) -> None:
    ran = _fleet.stockml("--json", "status", "--watch", home=home)
    assert ran.returncode == 2 and json.loads(ran.stdout)["errors"][0]["kind"] == "usage"


class Terminal:
    """A process in a terminal of its own, 24 lines of 80 columns."""

    def __init__(self, *words: str, home: Path) -> None:
        self.master, slave = pty.openpty()
        self.said = ""
        self.process = subprocess.Popen(
            _fleet.command("status", "--as-of", LAST, *words, home=home), stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True, env={**os.environ, "TERM": "xterm", "LINES": "24", "COLUMNS": "80"},
        )  # fmt: skip
        os.close(slave)

    def read_until(self, count: int, text: str, timeout_s: float = 30.0) -> None:
        """Read until a text has come so often."""
        end = time.monotonic() + timeout_s
        while self.said.count(text) < count and time.monotonic() < end:
            if select.select([self.master], [], [], 0.2)[0]:
                with contextlib.suppress(OSError):
                    self.said += os.read(self.master, 65536).decode("utf-8", "replace")
        assert self.said.count(text) >= count, self.said

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self.master)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def test_watching_draws_again_and_ends_cleanly_on_ctrl_c(home: Path) -> None:
    terminal = Terminal("--watch", "0.3", home=home)
    try:
        terminal.read_until(3, "next: ")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.process.wait(timeout=20) == 0
        terminal.read_until(1, "\x1b[?1049l")
    finally:
        terminal.close()
    assert "\x1b[?25h" in terminal.said and "Traceback" not in terminal.said and "\x1b[2J" not in terminal.said


def test_watching_ends_when_the_terminal_goes(home: Path) -> None:
    terminal = Terminal("--watch", "0.3", home=home)
    try:
        terminal.read_until(1, "next: ")
        os.close(terminal.master)
        assert terminal.process.wait(timeout=20) in (0, -signal.SIGHUP)
    finally:
        terminal.close()


def test_watching_goes_on_while_the_workspace_is_broken_and_mended(home: Path, tmp_path: Path) -> None:
    copy = _naive.copy(home, tmp_path)
    config = copy / "persistent_data" / "ml_config.json"
    good = config.read_text()
    terminal = Terminal("--watch", "0.3", home=copy)
    try:
        terminal.read_until(1, "next: ")
        config.write_text("{")
        terminal.read_until(1, "error: ")
        config.write_text(good)
        terminal.read_until(terminal.said.count("next: ") + 2, "next: ")
    finally:
        terminal.close()


def test_a_word_is_explained_and_a_slip_is_answered(home: Path) -> None:
    ran = _fleet.stockml("explain", "up", "%", home=home)
    assert ran.returncode == 0 and ran.stdout.startswith("direction accuracy") and "Wilson 1927" in ran.stdout
    slip = _fleet.stockml("explain", "winkeler", home=home)
    assert slip.returncode == 2 and "did you mean Winkler ratio" in slip.stderr
    everything = _fleet.result("explain", home=home)["terms"]
    assert len(everything) > 100 and "Winkler ratio" in _fleet.stockml("explain", home=home).stdout
