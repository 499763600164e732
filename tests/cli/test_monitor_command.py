"""`monitor` as people and timers run it: exit status, reports, and a process that ends when told and not before."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import _fleet
import _watched
import pytest

FEW = ("S00", "S01", "S02", "S03")


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four symbols with champions, one of whose intervals miss far too often. Read it only."""
    home = _watched.home(tmp_path_factory.mktemp("command") / "home", FEW)
    env = _watched.opened(home)
    for seed, symbol in enumerate(FEW):
        _watched.say(env, symbol, _watched.held(0.5 if symbol == "S02" else 0.9, 70, seed))
    return home


@pytest.fixture
def home(deployed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(deployed, tmp_path / "home"))


def begin(home: Path, *words: str) -> subprocess.Popen[str]:
    line = _fleet.command("monitor", "--continuous", "--offline", *words, home=home)
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ})


def test_a_breach_is_exit_1_and_one_screen_of_80_columns_says_what_to_do(home: Path) -> None:
    ran = subprocess.run(
        _fleet.command("monitor", "--offline", home=home), capture_output=True, text=True, check=False,
        env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1"},
    )  # fmt: skip
    assert ran.returncode == 1, ran.stderr
    rows = ran.stdout.splitlines()
    assert max(map(len, rows)) <= 80 and len(rows) < 40
    assert rows[0].startswith("bad: 4 symbols (1 bad, 3 can't tell)") and rows[-1] == "next: stockml train"
    assert "S02" in rows[1], "the worst comes first"


def test_the_json_document_holds_what_the_report_file_holds(home: Path, tmp_path: Path) -> None:
    result = _fleet.result("monitor", "--offline", "--report", str(tmp_path / "r.json"), home=home, status=1)
    kept = json.loads((tmp_path / "r.json").read_text())
    assert kept == result and list(result["triggers"]) == ["S02"] and result["trained"] is None


def test_evidence_makes_the_symbol_due_and_retrain_trains_it_and_no_other(home: Path) -> None:
    _fleet.result("monitor", "--offline", home=home, status=1)
    wanted = json.loads((home / "persistent_data" / "ml_config.json").read_text())
    wanted["retrain"] = {"max_age_days": 400.0}
    (home / "persistent_data" / "ml_config.json").write_text(json.dumps(wanted))
    plan = _fleet.result("train", "--dry-run", home=home)["symbols"]
    assert [one["symbol"] for one in plan] == ["S02"] and plan[0]["due"][0].startswith("evidence: coverage 1 ahead")
    result = _fleet.result("monitor", "--offline", "--retrain", "--report", str(home / "r.html"), home=home, status=1)
    assert [one["symbol"] for one in result["trained"]] == ["S02"]
    assert "<script" not in (home / "r.html").read_text()
    assert not _fleet.result("train", "--dry-run", home=home)["symbols"], "the training answered the evidence"


@pytest.mark.parametrize("words", [("--report", "out.txt"), ("--continuous", "--json"), ("NOPE",), ("--interval", "0")])
def test_wrong_usage_is_exit_2(home: Path, words: tuple[str, ...]) -> None:
    assert _fleet.stockml("monitor", "--offline", *words, home=home).returncode == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_continuous_monitor_with_0_at_once_and_a_line_a_round(home: Path, number: int) -> None:
    running = begin(home, "--interval", "3600")
    assert running.stdout is not None
    first = running.stdout.readline()
    running.send_signal(number)
    rest, errors = running.communicate(timeout=20)
    assert running.returncode == 0, errors
    assert first.startswith("2019-12-20T21:30:00Z bad: 1 bad, 3 cannot_tell") and rest == ""
    logs = "".join(path.read_text() for path in (home / "logs" / "monitoring").glob("*.log"))
    assert "monitor: 2019-12-20T21:30:00Z bad" in logs


def test_a_workspace_that_vanishes_ends_a_continuous_monitor_with_3(home: Path) -> None:
    running = begin(home, "--interval", "1")
    assert running.stdout is not None and "bad" in running.stdout.readline()
    home.rename(home.with_name("gone"))
    _, errors = running.communicate(timeout=20)
    assert running.returncode == 3 and "no stockml workspace" in errors


def test_rounds_after_a_damaged_configuration_are_told_and_go_on(home: Path) -> None:
    running = begin(home, "--interval", "1")
    assert running.stdout is not None and "bad" in running.stdout.readline()
    path = home / "persistent_data" / "ml_config.json"
    sound = path.read_text()
    path.write_text("{")
    assert running.stderr is not None and running.stderr.readline().startswith("failed: ")
    path.write_text(sound)
    assert "bad" in running.stdout.readline()
    running.terminate()
    assert running.wait(20) == 0
