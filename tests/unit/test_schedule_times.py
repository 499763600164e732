"""Five-field times: what they mean, what is refused, and what clock changes do to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockml.config import load
from stockml.config.schema import Config, Schedule
from stockml.errors import ConfigError
from stockml.schedule import jobs, times

NEW_YORK = ZoneInfo("America/New_York")


def test_numbers_names_ranges_lists_and_steps_are_read() -> None:
    found = times.parse("0,30 */6 1-3 jan,Jul *")
    assert (found.minutes, found.hours, found.days) == ((0, 30), (0, 6, 12, 18), (1, 2, 3))
    assert found.months == (1, 7)
    assert times.parse("0 0 * * 7").weekdays == times.parse("0 0 * * sun").weekdays == (0,)
    assert times.parse("5/20 0 * * fri-sat").minutes == (5, 25, 45)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("0 2 * *", "fields"), ("60 2 * * *", "minute"), ("0 24 * * *", "hour"), ("0 2 0 * *", "day"),
        ("0 2 * 13 *", "month"), ("0 2 * * 8", "weekday"), ("0 2 5-1 * *", "backwards"), ("*/0 * * * *", "step"),
        ("0 2 30 2 *", "never"), ("0 1 1 * 0", "both"), ("@daily", "fields"), ("0 2 * * ¼", "weekday"),
        ("0 2 * * sun-mon-tue", "weekday"), ("-1 * * * *", "minute"),
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused_with_the_field_named(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        times.parse(text)


def test_a_skipped_time_comes_as_long_after_the_gap_and_a_repeated_one_once() -> None:
    # 2027-03-14 02:00 to 03:00 and the second 2026-11-01 01:00 to 02:00: the rules of America/New_York.
    skipped, repeated = datetime(2027, 3, 14, 2, 30), datetime(2026, 11, 1, 1, 30)
    assert times.moments(skipped, NEW_YORK) == ()
    assert times.due_at(skipped, NEW_YORK) == datetime(2027, 3, 14, 7, 30, tzinfo=UTC)
    assert len(times.moments(repeated, NEW_YORK)) == 2
    assert times.due_at(repeated, NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@given(st.sampled_from([job.when for job in jobs.DEFAULTS]), st.integers(0, 500 * 1440), st.integers(1, 60))
def test_latest_and_following_are_neighbours_in_what_lies_between(when: str, minutes: int, days: int) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    end = start + timedelta(days=days)
    read = times.parse(when)
    found = list(times.between(read, NEW_YORK, start, end))
    assert found == sorted(set(found))
    last, after = times.latest(read, NEW_YORK, end), times.following(read, NEW_YORK, start)
    if found:
        assert (last, after) == (found[-1], found[0])
    else:
        assert last is not None and last <= start
        assert after is not None and after > end


def test_the_table_takes_changes_by_name_and_jobs_of_ones_own() -> None:
    changes = {"smart_training": {"when": "15 3 * * 6"}, "price_refresh": {"enabled": True},
               "nightly": {"when": "0 4 * * *", "command": ["monitor", "--retrain"]}}  # fmt: skip
    config = load.validate({"schedule": {"zone": "Asia/Kolkata", "jobs": changes}})
    found = {job.name: job for job in jobs.table(config)}
    assert found["smart_training"].when == "15 3 * * 6"
    assert found["nightly"].command == ("monitor", "--retrain")
    assert found["forecasts"].zone == "America/New_York"
    assert found["nightly"].zone == "Asia/Kolkata"
    assert {job.name for job in jobs.enabled(config)} >= {"price_refresh", "nightly", "backup"}
    assert "frequent_training" not in {job.name for job in jobs.enabled(config)}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"smart_traning": {"enabled": False}}, "smart_traning"),
        ({"monitoring": {"whn": "* * * * *"}}, "monitoring.whn"),
        ({"monitoring": {"when": "61 * * * *"}}, "monitoring.when"), ({"backup": {"zone": "Mars/Base"}}, "backup.zone"),
        ({"x": {"when": "0 1 * * *", "command": ["train", "; rm -rf /"]}}, "x.command"),
        ({"x": {"when": "0 1 * * *", "command": ["train\n* * * * * evil"]}}, "x.command"),
        ({"x": {"when": "0 1 * * *", "command": ["--home", "y"]}}, "x.command"),
        ({"x": {"when": "0 1 * * *", "command": []}}, "x.command"), ({"x": {"when": "0 1 * * *"}}, "x"),
        ({"backup": {"timeout_minutes": 0}}, "backup.timeout_minutes"), ({"backup": {"nice": True}}, "backup.nice"),
        ({"A B": {"when": "0 1 * * *", "command": ["train"]}}, "A B"), ({"backup": 3}, "backup"),
    ],
)  # fmt: skip
def test_every_mistake_in_the_table_is_told_with_its_path(changes: dict[str, object], path: str) -> None:
    with pytest.raises(ConfigError) as told:
        load.validate({"schedule": {"jobs": changes}})
    assert f"schedule.jobs.{path}" in [one["path"] for one in told.value.problems]


def test_a_zone_nobody_knows_is_told() -> None:
    with pytest.raises(ConfigError, match="time zone"):
        load.validate({"schedule": {"zone": "Europe/Atlantis"}})


def test_every_default_job_has_times_that_come() -> None:
    assert len(jobs.table(Config(schedule=Schedule()))) == len({job.name for job in jobs.DEFAULTS})
    assert jobs.problems({job.name: {"when": job.when, "command": list(job.command)} for job in jobs.DEFAULTS}) == []
