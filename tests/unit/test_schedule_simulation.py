"""The simulated schedule: what clock changes, overlaps and sessions make of job times, and times that would do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockml.schedule import check, fixes, jobs, simulation, starts, times
from stockml.schedule.jobs import Job
from stockml.schedule.simulated import Exchange, Finding, Planned, World

NEW_YORK = ZoneInfo("America/New_York")
BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
WORLD = World(BEGIN, BEGIN + timedelta(days=400), ())


def planned(
    job: Job, world: World = WORLD, zone: ZoneInfo = NEW_YORK, duration_s: float | None = None, **more: bool
) -> Planned:
    length_s = 60.0 * job.timeout_minutes if duration_s is None else duration_s
    found = starts.between(job.times, zone, world.begin, world.end)
    return Planned(job, zone, found, length_s, 0 if duration_s is None else 5, **more)


def default(name: str) -> Job:
    return next(job for job in jobs.DEFAULTS if job.name == name)


def kinds(found: list[Finding]) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.kind, one.jobs) for one in found]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["0 2 * * 0", "*/7 * * * *", "30 1,2,3 * * *", "15 23 28-31 * *", "0 0 * * 1-5", "59 2 29 2 *"]),
    st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "Asia/Kolkata"]),
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 1)),
    st.integers(1, 40),
)  # fmt: skip
def test_starts_in_bulk_are_those_found_one_by_one(text: str, name: str, begin: datetime, days: int) -> None:
    zone, first = ZoneInfo(name), begin.replace(tzinfo=UTC)
    last = first + timedelta(days=days)
    one_by_one = [int(one.timestamp()) for one in times.between(times.parse(text), zone, first, last)]
    assert starts.between(times.parse(text), zone, first, last) == one_by_one


def test_new_york_skips_and_doubles_what_its_rules_say_and_no_more() -> None:
    # Clocks go forward on 2027-03-14 at 02:00 and back on 2026-11-01 at 02:00 (rules of the United States).
    found = list(simulation.findings([planned(default("forced_training")), planned(default("smart_training"))], WORLD))
    told = {one.kind: one for one in found if one.kind != "overlap"}
    assert {kind: one.whens for kind, one in told.items()} == {
        "doubled": (datetime(2026, 11, 1, 1),), "skipped": (datetime(2027, 3, 14, 2),),
    }  # fmt: skip
    assert all(one.harmless and "cron" in one.sentence and "systemd" in one.sentence for one in told.values())
    assert not list(starts.changes(ZoneInfo("Asia/Kolkata"), WORLD.begin, WORLD.end))


def test_on_a_sunday_the_first_the_two_trainings_meet_unless_they_are_measured_to_be_short() -> None:
    both = [planned(default("forced_training")), planned(default("smart_training"))]
    (found,) = [one for one in simulation.findings(both, WORLD) if one.kind == "overlap"]
    assert [one.date().isoformat() for one in found.whens] == ["2026-11-01", "2027-08-01"]  # Sundays the 1st
    assert "not measured yet" in found.sentence and found.count == 2
    short = [planned(one.job, duration_s=1800.0) for one in both]
    assert "overlap" not in [one.kind for one in simulation.findings(short, WORLD)]


def test_the_default_table_has_nothing_to_look_at_anywhere() -> None:
    for zone in (NEW_YORK, ZoneInfo("UTC"), ZoneInfo("Asia/Kolkata")):
        table = [planned(job, zone=ZoneInfo(job.zone) if job.zone else zone) for job in jobs.DEFAULTS if job.enabled]
        assert all(one.harmless for one in simulation.findings(table, WORLD)), zone


def test_each_advice_was_simulated_and_all_of_it_together_leaves_nothing() -> None:
    table = [planned(job, zone=NEW_YORK) for job in jobs.DEFAULTS if job.enabled]
    told = fixes.fixed(simulation.findings(table, WORLD), table, WORLD)
    assert len(told) == 3 and all(one.fix for one in told)
    moves = {one.fix.split(".")[2]: one.fix.split("'")[1] for one in told if one.fix}
    moved = [planned(Job(**{**vars(one.job), "when": moves.get(one.job.name, one.job.when)})) for one in table]
    assert not list(simulation.findings(moved, WORLD))


def test_a_job_that_lasts_longer_than_its_interval_is_told_once() -> None:
    often = planned(Job("often", "", "*/10 * * * *", ("monitor",)), zone=ZoneInfo("UTC"), duration_s=900.0)
    (found,) = simulation.findings([often], WORLD)
    assert found.jobs == ("often",) and found.count == len(often.starts) - 1 and found.harmless
    assert not list(simulation.findings([planned(often.job, duration_s=599.0)], WORLD))


def session(day: int) -> tuple[int, int]:
    """09:30 to 16:00 in New York on a day of July 2026."""
    opens = datetime(2026, 7, day, 9, 30, tzinfo=NEW_YORK)
    return int(opens.timestamp()), int(opens.timestamp()) + 23400


@pytest.mark.parametrize(("when", "count"), [
    ("45 16 * * *", 0), ("30 16 * * *", 0), ("29 16 * * *", 3), ("30 9 * * *", 3), ("29 9 * * *", 0), ("0 8 * * *", 0),
])  # fmt: skip
def test_a_forecast_between_the_open_and_the_settled_bar_comes_too_early(when: str, count: int) -> None:
    exchange = Exchange("XNYS", [session(day) for day in (6, 7, 8)], 1800, ("AAA",))
    world = World(BEGIN, BEGIN + timedelta(days=20), (exchange,))
    found = list(simulation.findings([planned(Job("f", "", when, ("predict",)), world, needs_bars=True)], world))
    assert [one.count for one in found] == ([count] if count else [])
    assert all(one.kind == "unsettled" and "30 minutes" in one.sentence for one in found)


@pytest.mark.parametrize(("when", "length_s", "count"), [
    ("0 8 * * *", 5400.0, 0), ("0 8 * * *", 5401.0, 2), ("0 12 * * *", 60.0, 2), ("0 16 * * *", 60.0, 0),
])  # fmt: skip
def test_training_that_is_to_avoid_market_hours_may_neither_begin_nor_last_into_them(
    when: str, length_s: float, count: int
) -> None:
    exchange = Exchange("XNYS", [session(day) for day in (6, 7)], 1800, ("AAA",))
    world = World(BEGIN, BEGIN + timedelta(days=20), (exchange,))
    job = planned(Job("t", "", when, ("train",)), world, duration_s=length_s, avoids_market=True)
    told = fixes.fixed(simulation.findings([job], world), [job], world)
    assert [one.count for one in told] == ([count] if count else [])
    assert all(one.fix for one in told)


def test_shifted_times_stay_in_their_day_and_keep_their_number() -> None:
    found = list(fixes.shifted("30 6,12,18 * * 1-5"))
    assert found[0] == "0 7,13,19 * * 1-5" and found[1] == "0 6,12,18 * * 1-5"
    assert all(len(times.parse(one).hours) == 3 for one in found)
    assert list(fixes.shifted("0 * * * *")) == ["30 * * * *"]


def test_a_duration_is_believed_from_three_runs_on_and_is_that_of_nine_in_ten() -> None:
    assert check.duration_of([5.0, 6.0], 3600.0) == (3600.0, 0)
    assert check.duration_of([float(one) for one in range(20)], 3600.0) == (18.0, 20)
