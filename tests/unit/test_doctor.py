"""What the doctor makes of facts: each level with its sentence and its advice, decided without a machine."""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from stockml.backup.pieces import Piece
from stockml.backup.snapshots import Snapshot
from stockml.bars.breaker import Budget, State
from stockml.bars.store import Newest
from stockml.clock import stamp
from stockml.config.schema import Cleanup, Config, Data
from stockml.doctor import checks, programs
from stockml.doctor.checks import (
    backups,
    clock,
    disk,
    filesystem,
    heartbeats,
    locks,
    machine,
    models,
    packages,
    permissions,
    schedule,
    secrets,
    source,
    zone,
)
from stockml.doctor.finding import Finding, worst
from stockml.schedule.installed import Kept

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
GB = 1e9


def told(found: list[Finding]) -> list[tuple[str, str]]:
    return [(one.kind, one.level) for one in found]


def test_every_check_is_called_by_its_file_has_its_own_place_and_says_what_it_needs() -> None:
    loaded = [checks.load(name) for name in checks.names()]
    assert [one.NAME for one in loaded] == checks.names() and len(loaded) >= 17
    assert len({one.ORDER for one in loaded}) == len(loaded)
    assert all(one.NEEDS_WORKSPACE in (True, False) and one.__doc__ for one in loaded)


def test_the_worst_level_counts() -> None:
    assert worst([]) == "ok" and worst(["ok", "note"]) == "note" and worst(["note", "bad", "warning"]) == "bad"


@pytest.mark.parametrize(("facts", "wanted"), [
    (("linux", 2, 8 * GB, 4 * GB, 2), [("fit", "ok")]),
    (("linux", 2, 8 * GB, 0.3 * GB, 2), [("memory", "warning")]),
    (("linux", 1, 8 * GB, 4 * GB, 4), [("jobs", "note")]),
    (("darwin", 8, 8 * GB, 4 * GB, 2), [("platform", "bad")]),
])  # fmt: skip
def test_a_machine(facts: tuple[Any, ...], wanted: list[tuple[str, str]]) -> None:
    assert told(machine.judge(*facts)) == wanted


TABLE = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 27 0:50 / /mnt/my\040disk rw,relatime - nfs4 server:/export rw,vers=4.2
31 27 0:51 / /mnt/my\040disk/local ro,relatime - xfs /dev/sdb1 ro
32 27 0:52 / /tmp rw - tmpfs tmpfs rw
33 27 0:53 / /mnt/my\040disk/local rw,relatime - btrfs /dev/sdc1 rw
broken line
"""


@pytest.mark.parametrize(("place", "kind"), [
    ("/home/me", "ext4"), ("/mnt/my disk", "nfs4"), ("/mnt/my disk/fleet", "nfs4"), ("/mnt/my disk2", "ext4"),
    ("/mnt/my disk/local/x", "btrfs"), ("/tmp", "tmpfs"), ("/tmpfile", "ext4"),
])  # fmt: skip
def test_the_file_system_of_a_folder_is_that_of_its_nearest_mount(place: str, kind: str) -> None:
    assert filesystem.mounted(Path(place), TABLE)[0] == kind


@pytest.mark.parametrize(("kind", "options", "wanted"), [
    ("ext4", {"rw"}, ("local", "ok")), ("nfs4", {"rw"}, ("remote", "bad")), ("cifs", {"rw"}, ("remote", "bad")),
    ("fuse.sshfs", {"rw"}, ("remote", "bad")), ("ext4", {"ro"}, ("read_only", "bad")),
    ("tmpfs", {"rw"}, ("fleeting", "warning")), ("overlay", {"rw"}, ("layer", "note")),
])  # fmt: skip
def test_a_network_file_system_is_refused_and_a_fleeting_one_told(
    kind: str, options: set[str], wanted: tuple[str, str]
) -> None:
    assert told([filesystem.judge(Path("/x"), kind, options)]) == [wanted]


WANTED = [Requirement("yfinance>=1.0,<2"), Requirement("numpy>=2")]


@pytest.mark.parametrize(("installed", "apart", "wanted"), [
    ({"yfinance": "1.5.2", "numpy": "2.3.0"}, [], []),
    ({"yfinance": "0.2.66", "numpy": "2.3.0"}, [], [("untested", "warning")]),
    ({"yfinance": "2.0", "numpy": "2.3.0"}, [], [("untested", "warning")]),
    ({"yfinance": "1.5.2", "numpy": "2.4.0rc1"}, [], []),
    ({"yfinance": None, "numpy": "2.3.0"}, [], [("missing", "bad")]),
    ({"yfinance": "1.5.2", "numpy": "2.3.0"}, ["python-crontab"], []),
    ({"yfinance": "1.5.2", "numpy": "2.3.0"}, ["crontab", "python-crontab"], [("crontab", "warning")]),
])  # fmt: skip
def test_packages_outside_the_tested_range_missing_or_in_each_others_way(
    installed: dict[str, str | None], apart: list[str], wanted: list[tuple[str, str]]
) -> None:
    assert told(packages.judge(WANTED, installed, apart)) == wanted


def test_only_the_extras_that_are_asked_for_are_required() -> None:
    lines = ["click>=8.2", 'apprise>=1.9; extra == "alerts"', 'ruff; extra == "dev"', 'x; python_version < "3"']
    assert [one.name for one in packages.requirements(lines, set())] == ["click"]
    assert [one.name for one in packages.requirements(lines, {"alerts"})] == ["click", "apprise"]


def test_a_library_that_does_not_load_or_kills_its_process_or_hangs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "LIMIT_S", 5.0)
    probes = {
        "good": "pass", "dead": "import os; os.abort()",
        "lightgbm": "raise OSError('libgomp.so.1: cannot open shared object file: No such file or directory')",
    }  # fmt: skip
    (dead, reinstall), (gomp, advice) = sorted(packages._broken(probes), key=lambda one: "libgomp" in one[0])
    assert dead.startswith("dead does not load") and "--force-reinstall" in reinstall
    assert "libgomp.so.1" in gomp and advice.startswith("apt-get install libgomp1")
    monkeypatch.setattr(packages, "LIMIT_S", 0.3)
    assert "did not load within" in next(packages._broken({"slow": "import time; time.sleep(30)"}))[0]


@pytest.mark.parametrize(("last", "newest", "ntp", "wanted"), [
    (None, None, "yes", [("right", "ok")]), (None, None, "", [("right", "ok")]),
    (None, None, "no", [("unsynchronised", "warning")]),
    (NOW - timedelta(days=1), 20777, "yes", [("right", "ok")]),
    (NOW + timedelta(seconds=90), None, "yes", [("right", "ok")]),
    (NOW + timedelta(days=1), None, "yes", [("behind", "bad")]),
    (None, 20780, "yes", [("before_bars", "bad")]),
])  # fmt: skip
def test_a_clock_behind_what_was_seen_already(
    last: datetime | None, newest: int | None, ntp: str, wanted: list[tuple[str, str]]
) -> None:
    assert told(clock.judge(NOW, last, newest, ntp)) == wanted  # 20778 is 2026-11-21


@pytest.mark.parametrize(("facts", "wanted"), [
    (("UTC", "UTC", "", []), [("known", "ok")]), (("UTC", "UTC", "UTC", []), [("known", "ok")]),
    (("Asia/Tokyo", "UTC", "Asia/Tokyo", []), [("shell", "note")]),
    (("UTC", "UTC", "Nowhere/Land", []), [("variable", "warning")]),
    (("UTC", "UTC", "", ["America/New_York"]), [("unknown", "bad")]),
])  # fmt: skip
def test_time_zones(facts: Any, wanted: list[tuple[str, str]]) -> None:
    assert told(zone.judge(*facts)) == wanted


@pytest.mark.parametrize(("change", "wanted"), [
    ({}, [("room", "ok")]), ({"free": int(0.1 * GB)}, [("full", "bad")]),
    ({"free": int(5 * GB)}, [("filling", "warning")]), ({"files_free": 0.01}, [("files", "warning")]),
    ({"used": int(4.9 * GB)}, [("budget", "warning")]),
    ({"free": 0, "files_free": 0.0, "used": int(6 * GB)},
     [("full", "bad"), ("files", "warning"), ("budget", "warning")]),
])  # fmt: skip
def test_room_on_the_disk_in_its_table_of_files_and_in_the_budget(
    change: dict[str, Any], wanted: list[tuple[str, str]]
) -> None:
    room = dataclasses.replace(disk.Room(int(100 * GB), int(50 * GB), 0.9, int(1 * GB)), **change)
    assert told(disk.judge(room, Config(cleanup=Cleanup(max_disk_gb=5.0, reserve_mb=200.0)))) == wanted


def facts_of(mode: int, user: int = 1000) -> os.stat_result:
    return os.stat_result((0o040000 | mode, 1, 1, 1, user, user, 0, 0, 0, 0))


@pytest.mark.parametrize(("data", "file", "owner", "blocked", "wanted"), [
    (0o700, 0o600, 1000, [], [("private", "ok")]), (0o700, 0o644, 1000, [], [("private", "ok")]),
    (0o755, 0o600, 1000, [], [("readable", "warning")]), (0o750, 0o600, 1000, [], [("readable", "warning")]),
    (0o777, 0o600, 1000, [], [("writable", "bad")]), (0o700, 0o620, 1000, [], [("writable", "bad")]),
    (0o1777, 0o600, 1000, [], [("readable", "warning")]),
    (0o700, 0o600, 65534, [], [("owner", "warning")]),
    (0o700, 0o600, 1000, [Path("/w/data")], [("unwritable", "bad")]),
])  # fmt: skip
def test_a_workspace_is_its_owners_alone(
    data: int, file: int, owner: int, blocked: list[Path], wanted: list[tuple[str, str]]
) -> None:
    facts = {Path("/w/data"): facts_of(data, owner), Path("/w/data/ledger.db"): facts_of(file, owner)}
    assert told(permissions.judge(Path("/w/data"), facts, 1000, blocked)) == wanted


KEY = {"TIINGO_API_KEY": "the source tiingo"}


@pytest.mark.parametrize(("here", "kept", "wanted"), [
    (KEY, KEY, [("there", "ok")]), ((), KEY, [("jobs_only", "note")]), (KEY, (), [("shell_only", "warning")]),
    ((), (), [("missing", "bad")]),
])  # fmt: skip
def test_a_key_must_be_where_jobs_find_it(here: Any, kept: Any, wanted: list[tuple[str, str]]) -> None:
    assert told(secrets.judge(KEY, set(here), set(kept), Path("/e"))) == wanted


def test_the_variables_that_are_needed_are_those_that_the_configuration_names() -> None:
    config = Config(data=Data(providers=("yahoo", "alpha_vantage", "csv")))
    channel = {"type": "smtp", "host": "h", "from": "a@b", "to": ["c@d"], "user_env": "U", "password_env": "P"}
    config = dataclasses.replace(config, alerts=dataclasses.replace(config.alerts, channels=(channel,)))
    assert secrets.needed(config) == {
        "ALPHAVANTAGE_API_KEY": "the source alpha_vantage", "U": "the channel smtp", "P": "the channel smtp",
    }  # fmt: skip


def newest(outcome: str) -> Newest:
    return Newest(100, 20000, outcome, "words")


@pytest.mark.parametrize(("outcomes", "wanted"), [
    (("ok", "ok"), ("fetched", "ok")), (("ok", "stale"), ("fetched", "ok")),
    (("ok", "rate_limited"), ("failed", "warning")), (("source_error", "rate_limited"), ("failed", "bad")),
    (("ok",), ("missing", "warning")),
])  # fmt: skip
def test_what_came_of_the_last_fetch(outcomes: tuple[str, ...], wanted: tuple[str, str]) -> None:
    stored = {symbol: newest(outcome) for symbol, outcome in zip("AB", outcomes, strict=False)}
    assert told(source.of_outcomes(stored, ("A", "B"))) == [wanted]


@pytest.mark.parametrize(("state", "wanted"), [
    (State(), []), (State(failures=2, opened_at=900.0, open_until=1000.0), []),
    (State(failures=2, opened_at=900.0, open_until=2000.0), [("refusing", "warning")]),
    (State(failures=2, opened_at=1900.0, open_until=2000.0), []),  # from a clock that was ahead: nobody heeds it
    (State(day=0, spent=24), [("budget", "warning")]), (State(day=0, spent=5), []), (State(day=-1, spent=25), []),
])  # fmt: skip
def test_a_host_that_refuses_and_a_budget_that_is_spent(state: State, wanted: list[tuple[str, str]]) -> None:
    assert told(source.of_host("alpha_vantage", "h", state, Budget(per_day=25), 1500.0)) == wanted


def test_a_lock_is_told_with_who_holds_it_and_never_called_stale() -> None:
    held = locks.judge("persistent_data/x.lock", 7, "stockml train", NOW - timedelta(hours=1), NOW)
    long = locks.judge("persistent_data/x.lock", 7, "stockml train", NOW - timedelta(hours=7), NOW)
    assert (held.level, long.level) == ("note", "warning")
    assert "process 7 (stockml train)" in held.sentence and "deleting the file would let two writers in" in long.advice


@pytest.mark.parametrize(("kept", "recorded", "lingers", "wanted"), [
    (Kept(), set(), None, [("none", "note")]),
    (Kept({"a": ("cron",), "b": ("cron",)}), {"a", "b"}, None, []),
    (Kept(), {"a", "b"}, None, [("gone", "bad")]),
    (Kept({"a": ("cron",)}), {"a", "b"}, None, [("gone", "bad")]),
    (Kept({"a": ("cron",)}), {"a"}, None, [("differs", "warning")]),
    (Kept({"a": ("cron",), "b": ("cron",)}, {"a": ("cron",)}), set(), None, [("differs", "warning")]),
    (Kept({"a": ("cron",), "b": ("cron",), "old": ("cron",)}), set(), None, [("differs", "warning")]),
    (Kept({"a": ("cron", "systemd user"), "b": ("cron",)}), set(), None, [("twice", "warning")]),
    (Kept({"a": ("systemd user",), "b": ("systemd user",)}), set(), False, [("linger", "warning")]),
    (Kept({"a": ("systemd user",), "b": ("systemd user",)}), set(), True, []),
    (Kept(problems=("crontab said no",)), set(), None, [("unknown", "note"), ("none", "note")]),
])  # fmt: skip
def test_what_is_installed(kept: Kept, recorded: set[str], lingers: bool | None, wanted: list[tuple[str, str]]) -> None:
    assert told(schedule.judge(kept, ["a", "b"], recorded, lingers)) == wanted


def test_a_schedule_that_nobody_keeps_has_no_heartbeats_to_miss() -> None:
    assert heartbeats.judge(()) == []


@pytest.mark.parametrize(("without", "problems", "wanted"), [
    ([], {}, [("there", "ok")]), (["A", "B"], {}, [("untrained", "note")]), (["A"], {}, [("untrained", "warning")]),
    ([], {"A": "A: live.json is damaged"}, [("refused", "bad")]),
])  # fmt: skip
def test_champions(without: list[str], problems: dict[str, str], wanted: list[tuple[str, str]]) -> None:
    assert told(models.judge(2, without, problems)) == wanted


def test_many_refused_champions_are_counted() -> None:
    found = models.judge(20, [], {f"S{place}": "its champion cannot be read" for place in range(20)})
    assert len(found) == models.MOST + 1 and "15 more symbols" in found[-1].sentence


def test_a_program_that_is_not_there_fails_or_hangs_gives_no_answer() -> None:
    assert programs.ask(["/nowhere/at/all"]).status is None
    assert programs.ask(["false"]).status == 1
    assert programs.ask(["sleep", "30"], limit_s=0.2).complaint == "no answer within 0.2 seconds"
    assert programs.ask(["echo", "yes"]).output == "yes\n"


def snapshot(days: float, verified: bool = True) -> Snapshot:
    at = stamp(NOW - timedelta(days=days))
    piece = Piece("0" * 64, 1)
    return Snapshot(f"of {days}", 1, at, at, "", "", "", "", "", "", piece, 1, 1, 1, (), at if verified else None)


@pytest.mark.parametrize(("listed", "wanted"), [
    ([], [("none", "warning")]), ([snapshot(1)], [("proved", "ok")]),
    ([snapshot(9), snapshot(1, False)], [("proved", "ok")]),
    ([snapshot(4)], [("old", "warning")]), ([snapshot(1, False)], [("unproved", "warning")]),
    ([snapshot(20), snapshot(1, False)], [("unproved", "warning")]),
    ([snapshot(20)], [("old", "warning"), ("unproved", "warning")]),
    ([snapshot(-5)], [("proved", "ok")]),  # the clock was set back since
])  # fmt: skip
def test_backups_that_are_missing_old_or_were_never_proved(
    listed: list[Snapshot], wanted: list[tuple[str, str]]
) -> None:
    assert told(backups.judge(listed, NOW, has_ledger=True)) == wanted


def test_a_workspace_in_which_nothing_ran_needs_no_backup_yet() -> None:
    assert told(backups.judge([], NOW, has_ledger=False)) == [("none", "note")]
