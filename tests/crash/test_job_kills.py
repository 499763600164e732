"""Jobs as real processes: started at once, killed, over time, told to stop; and what the next start finds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import _fleet
import _jobs
import pytest

from stockml.schedule import child


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A workspace, in a folder with a space in its name, with a job that goes on until it is stopped."""
    place = _jobs.home(tmp_path / "my home", {"endless": {"when": "* * * * *", "command": _jobs.ENDLESS}})
    _jobs.opened(place).ledger.close()
    return place


def begin(place: Path, *words: str) -> subprocess.Popen[str]:
    line = _fleet.command("schedule", "run", *words, home=place)
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def command_of(place: Path) -> list[int]:
    """The processes that are the job's own command."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"--continuous" in words and os.fsencode(place) in words:
                found.append(int(entry.name))
    return found


def is_running(place: Path) -> bool:
    return "can't tell" in _jobs.log(place, "endless") or "symbols" in _jobs.log(place, "endless")


def test_of_eight_starts_at_once_one_runs_and_seven_are_busy(endless: Path) -> None:
    runners = [begin(endless, "endless") for _ in range(8)]
    _jobs.wait_for(lambda: sum(one.poll() is not None for one in runners) == 7)
    ended = [one for one in runners if one.poll() is not None]
    assert [one.returncode for one in ended] == [4] * 7
    (alive,) = [one for one in runners if one.poll() is None]
    _jobs.wait_for(lambda: len(command_of(endless)) == 1)
    alive.send_signal(signal.SIGTERM)
    assert alive.wait(40) == 130
    events = [event for event, _, _ in _jobs.beats(endless, "endless")]
    assert sorted(events) == ["fail", *["skip"] * 7, "start"]
    assert all(reason.startswith("busy: ") for event, _, reason in _jobs.beats(endless, "endless") if event == "skip")


def test_a_killed_runner_takes_its_command_along_and_the_next_start_proceeds_at_once(endless: Path) -> None:
    first = begin(endless, "endless")
    _jobs.wait_for(lambda: is_running(endless))
    first.kill()
    first.wait()
    _jobs.wait_for(lambda: not command_of(endless), 2)
    second = begin(endless, "endless")
    _jobs.wait_for(lambda: len(command_of(endless)) == 1)
    assert second.poll() is None, "it runs, and is not busy"
    second.send_signal(signal.SIGTERM)
    assert second.wait(40) == 130 and not command_of(endless)
    told = _jobs.beats(endless, "endless")
    assert [event for event, _, _ in told] == ["start", "start", "fail"] and "told to stop" in told[-1][2]


def test_a_command_that_outlives_its_runner_keeps_the_lock(tmp_path: Path) -> None:
    # What a job started and left behind may still write.
    code = (
        "import pathlib, subprocess, sys; from stockml import files\n"
        "with files.lock(pathlib.Path(sys.argv[1]), what='a test') as handle:\n"
        "    left = subprocess.Popen(['sleep', '60'], pass_fds=[handle]); print(left.pid, flush=True)"
    )
    ran = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True)
    left = int(ran.stdout.readline())  # type: ignore[union-attr]
    ran.wait()
    retry = [sys.executable, "-c", code.partition("    left")[0] + "    pass", str(tmp_path / "lock")]
    assert b"BusyError" in subprocess.run(retry, capture_output=True, check=False).stderr
    os.kill(left, signal.SIGKILL)
    _jobs.wait_for(lambda: subprocess.run(retry, capture_output=True, check=False).returncode == 0, 5)


def test_a_command_that_does_not_obey_is_killed_with_all_of_its_group(tmp_path: Path) -> None:
    said: list[bytes] = []
    script = "trap '' TERM; sleep 300 & echo child $!; echo going; while :; do sleep 1; done"
    ended = child.run(
        ["/bin/sh", "-c", script], {"PATH": os.defpath}, tmp_path, nice=0, limit_s=1.0, handles=[],
        began=lambda: None, take=said.append, patience_s=1.0,
    )  # fmt: skip
    assert (ended.status, ended.signal, ended.cut_short) == (None, signal.SIGKILL, "time limit")
    assert 2.0 <= ended.duration_s < 5.0
    left = int(b"".join(said).split()[1])
    _jobs.wait_for(lambda: not Path(f"/proc/{left}").exists() or "Z" in Path(f"/proc/{left}/stat").read_text(), 5)


def test_a_group_that_is_told_to_stop_at_once_was_interrupted(endless: Path) -> None:
    runner = begin(endless, "endless", "--due")
    _jobs.wait_for(lambda: is_running(endless))
    for pid in (*command_of(endless), runner.pid):
        os.kill(pid, signal.SIGTERM)
    assert runner.wait(40) == 130
    assert [event for event, _, _ in _jobs.beats(endless, "endless")] == ["start", "fail"]
    (last,) = _jobs.opened(endless).ledger.execute("SELECT details FROM heartbeats WHERE event = 'fail'").fetchall()
    assert "again_from" in last[0], "what the machine broke off by going down is begun again"


def test_the_time_limit_of_a_job_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    from stockml.schedule import runner

    job = runner.Job("slow", "slow", "0 3 * * *", ("monitor",), timeout_minutes=30)
    event, reason, code = runner.judge(job, child.Ended(None, 9, "time limit", 1800.0))
    assert (event, code) == ("fail", 3) and "30 minutes" in reason
    assert runner.judge(job, child.Ended(None, 11, "", 2.0))[:2] == ("fail", "signal 11 ended it after 2.0 s")
    assert [runner.judge(job, child.Ended(code, None, "", 1.0))[0] for code in (0, 1, 2, 3, 4, 130)] == [
        "ok", "ok", "fail", "fail", "skip", "fail",
    ]  # fmt: skip


def test_two_jobs_that_need_the_same_symbol_do_not_corrupt_it(tmp_path: Path) -> None:
    table = {
        name: {"when": "0 3 * * *", "command": ["train", "AAA", "--force", "--offline"]} for name in ("one", "other")
    }
    place = _jobs.home(tmp_path / "home", table)
    _fleet.result("data", "fetch", home=place)
    for _ in range(2):
        both = [begin(place, name) for name in table]
        codes = [one.wait(90) for one in both]
        assert set(codes) <= {0, 1, 4} and codes != [4, 4], [one.stderr.read() for one in both if one.stderr]
    told = _fleet.result("versions", "AAA", home=place)
    assert 1 <= len(told["versions"]) <= 6
    assert _fleet.stockml("ledger", "verify", home=place).returncode == 0
    assert _fleet.result("predict", "AAA", "--offline", home=place)["forecasts"], "its champion answers"
