"""Workspaces with something wrong: what is wrong, since when and what helps stands on one screen of 80 columns."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from datetime import timedelta
from pathlib import Path

import _fleet
import _naive
import pytest
from _naive import FIRST, SESSIONS

from stockml import alerts
from stockml.clock import Clock, parse_stamp, stamp
from stockml.ledger import heartbeats

LAST = SESSIONS[-1]
WIDTH = 80


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four symbols as of the last session, trained a week before, with bars and forecasts of that day."""
    home = _naive.make(tmp_path_factory.mktemp("answers"))
    _naive.configure(home, retrain={"max_age_days": 60})
    for words in (("data", "fetch"), ("predict",)):
        _fleet.result(*words, "--as-of", LAST, home=home)
    return home


@pytest.fixture
def home(trained: Path, tmp_path: Path) -> Path:
    return _naive.copy(trained, tmp_path)


def screen(home: Path, *words: str, as_of: str | None = LAST) -> str:
    """The screen as 80 columns show it, sentences unfolded."""
    ran = subprocess.run(
        _fleet.command("status", *words, *(["--as-of", as_of] if as_of else []), home=home),
        capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": str(WIDTH)},
    )  # fmt: skip
    assert "Traceback" not in ran.stderr and "a bug in stockml" not in ran.stderr, ran.stderr
    for line in ran.stdout.splitlines():
        is_command = line.lstrip().startswith(("since ", "do: ", "next: ", "host: "))
        assert len(line) <= WIDTH or is_command, line
    return " ".join((ran.stdout + ran.stderr).split())


def answer(said: str, wrong: str, since: str, command: str) -> None:
    """All three answers are there, and the command is the next one too."""
    assert said.startswith("Something is wrong"), said
    assert wrong in said, said
    assert f"since {since}" in said, said
    assert f"do: {command}" in said, said
    assert f"next: {command}" in said, said


def minute(moment: str) -> str:
    """A stamp as the screen shows it."""
    return f"{moment[:16].replace('T', ' ')} UTC"


def changed(path: Path) -> str:
    from datetime import UTC, datetime

    return minute(stamp(datetime.fromtimestamp(path.stat().st_mtime, UTC)))


def last_run(home: Path) -> str:
    """When the newest line of a log was written."""
    return changed(max(home.glob("logs/*/stockml-*.log"), key=lambda path: path.stat().st_mtime))


def champion_of(home: Path, symbol: str) -> Path:
    folder = home / "persistent_data" / "ml_models" / symbol
    return folder / "versions" / json.loads((folder / "live.json").read_text())["champion"]


def helped(home: Path, said: str, as_of: str = LAST) -> str:
    """Type what the screen says comes next; the screen after that."""
    found = re.search(r"next: stockml (.*)$", said)
    assert found is not None, said
    ran = _fleet.stockml(*shlex.split(found.group(1)), "--as-of", as_of, home=home)
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    return screen(home, as_of=as_of)


def test_a_workspace_without_trouble_says_so(home: Path) -> None:
    said = screen(home)
    assert said.startswith("All is well: 4 symbols (4 healthy)"), said
    assert "bad" not in said and "nothing runs by itself" in said


def test_the_source_has_been_down_for_days(home: Path) -> None:
    (home / "prices").rename(home / "elsewhere")
    later = (parse_stamp(f"{LAST}T00:00:00Z") + timedelta(days=14)).date().isoformat()
    _fleet.stockml("data", "fetch", "--as-of", later, home=home)
    said = screen(home, as_of=later)
    answer(said, f"4 of 4 symbols stale: the newest bar is of {LAST}, 8 sessions old", LAST, "stockml data fetch")
    assert "csv: 4 unknown symbol" in said, "what the source said when it was asked"


def test_one_symbol_is_delisted(home: Path) -> None:
    path = home / "prices" / "BBB.csv"
    lines = path.read_text().splitlines()
    kept = [line for line in lines if line < FIRST or line == lines[0]]
    path.write_text("\n".join(kept) + "\n")
    for name in ("market.db", "market.db-wal", "market.db-shm"):
        (home / "persistent_data" / name).unlink(missing_ok=True)
    _fleet.stockml("data", "fetch", "--as-of", LAST, home=home)
    said = screen(home)
    gone = SESSIONS[SESSIONS.index(FIRST) - 1]
    answer(said, f"BBB: the newest bar is of {gone}, 15 sessions old, limit 5; its source has nothing newer",
           gone, """stockml config set symbols '["AAA","CCC","DDD"]'""")  # fmt: skip
    assert helped(home, said).startswith("All is well: 3 symbols")


def test_a_file_of_a_champion_is_damaged(home: Path) -> None:
    path = champion_of(home, "CCC") / "parameters.json"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    os.chmod(path, 0o600)
    path.unlink()  # the file serves other symbols too, by hard links
    path.write_bytes(content)
    said = screen(home)
    answer(said, "CCC: version", changed(path), "stockml train CCC --force")
    assert "was altered (its sha256 differs)" in said and "3 healthy, 1 failed" in said
    assert helped(home, said).startswith("All is well: 4 symbols")


def test_the_pointer_file_of_a_symbol_is_damaged(home: Path) -> None:
    champion = champion_of(home, "AAA").name
    path = home / "persistent_data" / "ml_models" / "AAA" / "live.json"
    path.write_text('{"champ')
    said = screen(home)
    command = f"stockml promote AAA {champion} --reason 'live.json was damaged'"
    answer(said, "AAA: live.json is damaged", changed(path), command)
    ran = _fleet.stockml(*shlex.split(command)[1:], home=home)
    assert ran.returncode == 0, ran.stderr
    assert screen(home).startswith("All is well: 4 symbols")


@pytest.mark.parametrize("begin", [0, 20])
def test_the_ledger_is_damaged(home: Path, begin: int) -> None:
    path = home / "persistent_data" / "ledger.db"
    with path.open("r+b") as file:
        file.seek(4096 * begin)
        file.write(b"\xa5" * 4096 * 4)
    moment = changed(path)
    said = screen(home)
    wrong = "ledger.db is damaged" if "is damaged" in said else "ledger.db cannot be read"
    answer(said, wrong, moment, f"mv {path} {path}.damaged")


def test_the_ledger_is_gone_and_a_backup_is_there(home: Path) -> None:
    (home / "persistent_data" / "backups" / "snapshots").mkdir(parents=True)
    for path in (home / "persistent_data").glob("ledger.db*"):
        path.unlink()
    answer(screen(home), "ledger.db is gone", last_run(home), "stockml backup restore")


def test_the_bars_are_gone(home: Path) -> None:
    for path in (home / "persistent_data").glob("market.db*"):
        path.unlink()
    said = screen(home)
    answer(said, "market.db is gone", last_run(home), "stockml data fetch")
    assert not (home / "persistent_data" / "market.db").exists(), "looking makes no new one"
    assert helped(home, said).startswith("All is well: 4 symbols")


def test_the_disk_is_full(home: Path) -> None:
    _naive.configure(home, monitor={"disk": 0.0001})
    _fleet.result("monitor", "--as-of", LAST, home=home, status=1)
    opened = minute(stamp(_naive.at(home, LAST).clock.now()))
    answer(screen(home), "used, limit 0%", opened, "stockml clean")


def test_a_job_is_overdue(home: Path) -> None:
    env = _naive.at(home, LAST)
    now = env.clock.now()
    for job in ("smart_training", "monitoring"):
        heartbeats.record(env.ledger, job, "enabled", Clock(now - timedelta(days=30)))
    said = screen(home)
    found = re.search(r"bad ([a-z_]+) was due .* and has not been started since( and 1 more)?", said)
    assert found is not None and " job" in said.split(")")[1][:30], said
    since = re.search(r"since (\d{4}-\d\d-\d\d \d\d:\d\d UTC) do: stockml schedule run --missed", said)
    assert since is not None and "2019-12" in since.group(1), said
    assert "next: stockml schedule run --missed" in said


def test_nothing_was_ever_trained(tmp_path: Path) -> None:
    bars = _fleet.fleet(count=840, days=_naive.DAYS)
    home = _fleet.csv_home(tmp_path / "with a space", bars)
    _naive.configure(home, model={"recipe": "naive", "options": {}})
    said = screen(home)
    assert said.startswith("Something is wrong: 4 symbols (4 untrained)")
    assert "4 of 4 symbols untrained: it was never trained" in said and "next: stockml train" in said
    _fleet.result("data", "fetch", "--as-of", LAST, home=home)
    _fleet.result("monitor", "--as-of", LAST, home=home)
    answer(screen(home), "4 of 4 symbols untrained", minute(stamp(_naive.at(home, LAST).clock.now())), "stockml train")


def test_champions_have_expired(home: Path) -> None:
    _naive.configure(home, expire_days=10.0)
    said = screen(home)
    made = _naive.at(home, FIRST).clock.now()
    answer(said, "4 of 4 symbols expired: the champion is 18 days old, limit 10: no forecasts",
           minute(stamp(made + timedelta(days=10))), "stockml train")  # fmt: skip
    assert "4 expired" in said


def test_intervals_hold_less_than_promised(home: Path) -> None:
    env = _naive.at(home, LAST)
    told = "1 ahead: 61.0% of 41 intervals held their outcome, 90.0% were promised"
    alerts.update(
        env, [alerts.Cause("coverage:fires:BBB", "warning", "BBB: intervals hold less", told, ("BBB",))], "monitor"
    )
    said = screen(home)
    assert "3 healthy" in said or "1 degraded" in said
    answer(said, f"BBB: coverage: {told}", minute(stamp(env.clock.now())), "stockml why BBB")


def test_the_configuration_is_broken(home: Path) -> None:
    path = home / "persistent_data" / "ml_config.json"
    path.write_text('{"symbols": ["AAA", "b!"], "datas": {}}')
    said = screen(home)
    assert "ml_config.json: 2 problems" in said and "datas: unknown key; did you mean 'data'?" in said
    assert f"changed last at {changed(path)}" in said and "stockml config check" in said


def test_the_clock_is_pinned(home: Path) -> None:
    _naive.configure(home, as_of=LAST)
    said = screen(home, as_of=None)
    written = changed(home / "persistent_data" / "ml_config.json")
    assert f"as of {LAST} (pinned)" in said and f"the clock is pinned to {LAST} by as_of" in said
    assert f"since {written} do: stockml config set as_of null" in said
