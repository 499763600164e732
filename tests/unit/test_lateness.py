"""When a job is due and when it is overdue: real heartbeats in a real ledger, under a clock that is stepped."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stockml import clock
from stockml.clock import Clock
from stockml.config.schema import Config, Schedule
from stockml.environment import Environment
from stockml.ledger import heartbeats
from stockml.schedule import jobs, lateness, standing, times, watchers
from stockml.schedule.jobs import Job
from stockml.workspace import Workspace

UTC_ZONE = ZoneInfo("UTC")
START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)  # a Monday


def at(*words: int) -> datetime:
    return datetime(*words, tzinfo=UTC)


class Machine:
    """A workspace on a machine whose clock we set, and which may be off: timers fire, are missed, are caught up on."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, *table: Job, zone: str = "UTC") -> None:
        raw = {
            one.name: {"when": one.when, "command": list(one.command), "timeout_minutes": one.timeout_minutes}
            for one in table
        }
        off = {one.name: {"enabled": False} for one in jobs.DEFAULTS}
        self.env = Environment(Workspace(home), Config(schedule=Schedule(zone=zone, jobs={**off, **raw})))
        self.now = START
        self.ran: list[tuple[str, datetime]] = []
        monkeypatch.setattr(clock, "recorded_at", lambda: self.now)
        for job in self.jobs:
            self.beat(job, "enabled")

    @property
    def jobs(self) -> tuple[Job, ...]:
        return jobs.enabled(self.env.config)

    @property
    def ledger(self) -> sqlite3.Connection:
        return self.env.ledger

    def beat(self, job: Job, event: heartbeats.Event, **facts: object) -> None:
        heartbeats.record(self.ledger, job.name, event, Clock(), **facts)  # type: ignore[arg-type]

    def look(self, job: Job) -> lateness.Due:
        return lateness.due(standing.known(self.env, job, Clock()), self.now)

    def overdue(self, job: Job) -> str:
        return lateness.overdue(standing.known(self.env, job, Clock()), self.now).kind

    def tick(self, works: Callable[[datetime], bool] = lambda now: True) -> None:
        """What any timer does: run what is due, to its end."""
        for job in self.jobs:
            planned = self.look(job).occurrence
            if planned is not None and works(self.now):
                self.ran.append((job.name, planned))
                self.beat(job, "start", occurrence=planned, run=str(len(self.ran)))
                self.beat(job, "ok", occurrence=planned, run=str(len(self.ran)), exit_code=0, duration_s=1.0)

    def live(self, until: datetime, step: timedelta = timedelta(minutes=30)) -> None:
        while self.now < until:
            self.now += step
            self.tick()


def daily(when: str = "0 3 * * *", **more: int) -> Job:
    return Job("mine", "mine", when, ("settle",), **more)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch, daily())


def test_thirty_days_run_thirty_times_each_planned_run_once(machine: Machine) -> None:
    machine.live(START + timedelta(days=30))
    assert [when for _, when in machine.ran] == [START + timedelta(days=day, hours=3) for day in range(30)]


def test_a_month_switched_off_is_one_catch_up_and_not_thirty(machine: Machine) -> None:
    machine.live(START + timedelta(days=2))
    machine.now = START + timedelta(days=32, hours=1)  # 02:00: the run of the day before is the last that was missed
    machine.live(machine.now + timedelta(hours=1))
    assert [when for _, when in machine.ran] == [at(2026, 3, 2, 3), at(2026, 3, 3, 3), at(2026, 4, 2, 3)]
    machine.live(at(2026, 4, 5))
    assert len(machine.ran) == 2 + 1 + 2, "and then as ever"


def test_a_clock_set_back_a_day_does_nothing_twice_and_nothing_hangs(machine: Machine) -> None:
    machine.live(START + timedelta(days=5))
    machine.now -= timedelta(days=1)
    machine.live(START + timedelta(days=8))
    planned = [when for _, when in machine.ran]
    assert planned == [START + timedelta(days=day, hours=3) for day in range(8)]
    assert machine.overdue(machine.jobs[0]) == ""


def test_a_clock_that_was_a_year_ahead_for_an_hour_leaves_no_trace_but_one_run(machine: Machine) -> None:
    machine.live(START + timedelta(days=3))
    machine.now += timedelta(days=365)
    machine.live(machine.now + timedelta(hours=1))
    assert len(machine.ran) == 4
    machine.now -= timedelta(days=365)
    machine.live(START + timedelta(days=10))
    assert len({when for _, when in machine.ran}) == len(machine.ran) == 11
    assert machine.overdue(machine.jobs[0]) == ""


def test_an_installation_at_a_wrong_hour_in_the_future_does_not_keep_the_job_waiting(machine: Machine) -> None:
    machine.now += timedelta(days=300)
    machine.beat(machine.jobs[0], "enabled")
    machine.now = START + timedelta(days=1, hours=4)
    machine.tick()
    assert machine.ran == [("mine", START + timedelta(days=1, hours=3))]


@pytest.mark.parametrize(("when", "begin", "planned"), [
    # The second Sunday of March 2027 and the first of November 2026 in New York.
    ("30 2 * * *", at(2027, 3, 13), [at(2027, 3, 13, 7, 30), at(2027, 3, 14, 7, 30), at(2027, 3, 15, 6, 30)]),
    ("30 1 * * *", at(2026, 10, 31), [at(2026, 10, 31, 5, 30), at(2026, 11, 1, 5, 30), at(2026, 11, 2, 6, 30)]),
])  # fmt: skip
def test_a_skipped_and_a_doubled_hour_are_one_run_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, begin: datetime, planned: list[datetime]
) -> None:
    monkeypatch.setattr("test_lateness.START", begin)
    machine = Machine(tmp_path, monkeypatch, daily(when), zone="America/New_York")
    machine.live(begin + timedelta(days=3), timedelta(minutes=15))
    assert [one for _, one in machine.ran] == planned


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.integers(-2000, 4000), st.integers(0, 40)), max_size=8))
def test_however_the_clock_jumps_no_planned_run_is_done_twice(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[int, int]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        machine = Machine(tmp_path_factory.mktemp("m"), patch, daily("0 */6 * * *"), daily("15 1 * * 0"))
        for minutes, steps in moves:
            machine.now += timedelta(minutes=minutes)
            for _ in range(steps):
                machine.now += timedelta(minutes=30)
                machine.tick()
        assert len(set(machine.ran)) == len(machine.ran)
        machine.live(machine.now + timedelta(days=8))
        last = times.latest(machine.jobs[0].times, UTC_ZONE, machine.now)
        assert (machine.jobs[0].name, last) in machine.ran, "and it goes on"


def test_a_killed_run_is_begun_once_more_and_then_left(machine: Machine) -> None:
    job, planned = machine.jobs[0], START + timedelta(hours=3)
    machine.now = planned + timedelta(minutes=1)
    for run in ("a", "b"):
        assert machine.look(job).occurrence == planned
        machine.beat(job, "start", occurrence=planned, run=run)
    told = machine.look(job)
    assert told.occurrence is None and "begun 2 times" in told.sentence
    machine.now += timedelta(days=1)
    assert machine.look(job).occurrence == planned + timedelta(days=1), "the next one is begun as ever"


def test_what_was_left_out_until_the_close_is_due_again_then(machine: Machine) -> None:
    job, planned = machine.jobs[0], START + timedelta(hours=3)
    machine.now = planned
    again = {lateness.AGAIN: "2026-03-02T09:00:00Z"}
    machine.beat(job, "skip", occurrence=planned, reason="market hours", details=again)
    machine.now = planned + timedelta(hours=5)
    assert machine.look(job).occurrence is None and "left out until" in machine.look(job).sentence
    machine.now = planned + timedelta(hours=6)
    assert machine.look(job).occurrence == planned
    machine.beat(job, "skip", occurrence=planned, reason="on battery")
    assert machine.look(job).occurrence is None, "a reason without an end is final"


def test_a_late_writer_that_found_the_job_busy_does_not_make_it_due_again(machine: Machine) -> None:
    job, planned = machine.jobs[0], START + timedelta(hours=3)
    machine.now = planned
    machine.beat(job, "start", occurrence=planned, run="a")
    machine.beat(job, "ok", occurrence=planned, run="a", exit_code=0)
    machine.beat(job, "skip", occurrence=planned, reason="busy", details={lateness.AGAIN: "2026-03-02T03:00:00Z"})
    assert machine.look(job).occurrence is None


def test_a_job_that_never_starts_is_told_within_its_grace_and_not_before(machine: Machine) -> None:
    job = machine.jobs[0]
    planned = START + timedelta(hours=3)
    for minutes, kind in ((0, ""), (30, ""), (31, "silent"), (60 * 20, "silent")):
        machine.now = planned + timedelta(minutes=minutes)
        assert machine.overdue(job) == kind, minutes
    machine.beat(job, "start", run="by hand")
    machine.beat(job, "ok", run="by hand", exit_code=0)
    assert machine.overdue(job) == "", "a person ran it"


def test_a_run_without_an_end_is_told_when_its_limit_is_over(machine: Machine) -> None:
    job, planned = machine.jobs[0], START + timedelta(hours=3)
    machine.now = planned
    machine.beat(job, "start", occurrence=planned, run="a")
    for minutes, kind in ((1, ""), (64, ""), (66, "unended")):
        machine.now = planned + timedelta(minutes=minutes)
        assert machine.overdue(job) == kind, minutes


def test_a_failure_is_told_until_a_run_succeeds(machine: Machine) -> None:
    job, planned = machine.jobs[0], START + timedelta(hours=3)
    machine.now = planned
    machine.beat(job, "start", occurrence=planned, run="a")
    machine.beat(job, "fail", occurrence=planned, run="a", exit_code=3, reason="exit 3")
    assert machine.overdue(job) == "failed"
    machine.live(START + timedelta(days=1, hours=4))
    assert machine.overdue(job) == ""


def test_nothing_is_overdue_that_nobody_was_told_to_start(machine: Machine) -> None:
    job = machine.jobs[0]
    machine.now = START + timedelta(days=3)
    assert machine.overdue(job) == "silent"
    machine.beat(job, "disabled")
    assert machine.overdue(job) == ""


def test_what_was_due_before_the_installation_is_not_made_up_for(machine: Machine) -> None:
    job = machine.jobs[0]
    machine.now = START + timedelta(days=3, hours=5)
    machine.beat(job, "enabled")
    assert machine.look(job).occurrence is None and machine.overdue(job) == ""


def test_most_jobs_silent_is_one_cause_and_a_catching_up_machine_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = [Job(name, name, "0 3 * * *", ("settle",)) for name in ("a", "b", "c", "d")]
    machine = Machine(tmp_path, monkeypatch, *table)
    machine.now = START + timedelta(days=2)
    late = standing.overdue(machine.env)
    assert len(late) == 4
    (cause,) = watchers.causes(late, 4)
    assert cause.key == "jobs:silent" and cause.level == "critical" and "does cron or systemd run" in cause.sentence
    assert [one.key for one in watchers.causes(late[:1], 4)] == ["job:a:silent"]
    watchers.tell(machine.env, standing.of_all(machine.env, Clock()), was_away=True)
    assert machine.ledger.execute("SELECT count(*) FROM alerts").fetchone()[0] == 0
    watchers.tell(machine.env, standing.of_all(machine.env, Clock()))
    rows = machine.ledger.execute("SELECT area, key FROM alerts").fetchall()
    assert [tuple(row) for row in rows] == [("schedule", "jobs:silent")]


def test_the_past_is_seen_as_it_was_and_a_running_clock_sees_every_row(machine: Machine) -> None:
    machine.live(START + timedelta(days=5))
    job = machine.jobs[0]
    then = Clock(START + timedelta(days=2))
    assert standing.known(machine.env, job, then).newest["ok"].occurrence == START + timedelta(days=1, hours=3)
    machine.now = START + timedelta(days=1)  # the clock was set back
    assert standing.known(machine.env, job, Clock()).newest["ok"].occurrence == START + timedelta(days=4, hours=3)
