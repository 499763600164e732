"""A job's times for programs that know one zone only, and for systemd, which knows all."""

from __future__ import annotations

import functools
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockml.schedule import jobs, oncalendar, times, wall_lines, wording

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Kiritimati",
         "America/St_Johns", "Asia/Tokyo", "Pacific/Pago_Pago", "Africa/Casablanca")  # fmt: skip
WHENS = st.one_of(
    st.sampled_from([job.when for job in jobs.DEFAULTS]),
    st.builds("{} {} * * {}".format, st.integers(0, 59), st.integers(0, 23), st.sampled_from(["*", "0", "1-5", "6"])),
    st.builds("{} {} {} {} *".format, st.sampled_from(["0", "*/20", "7,52"]), st.sampled_from(["0", "23", "*/6"]),
              st.sampled_from(["1", "31", "28-30"]), st.sampled_from(["*", "1,3,12"])),
)  # fmt: skip


def fires(read: times.Times, wall: datetime) -> bool:
    """Whether cron runs a line in the minute of a wall time."""
    return wall.minute in read.minutes and wall.hour in read.hours and read.matches(wall.date())


@functools.cache
def changing_days(zone: str) -> set[date]:
    """Days (UTC) around which a zone changes its clock."""
    days = [NOW + timedelta(days=one) for one in range(-1, 372)]
    offsets = [day.astimezone(ZoneInfo(zone)).utcoffset() for day in days]
    changed = [day for day, old, new in zip(days, offsets[:-1], offsets[1:], strict=False) if old != new]
    return {(day + timedelta(days=one)).date() for day in changed for one in (-1, 0, 1, 2)}


@settings(max_examples=60, deadline=None)
@given(WHENS, st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_whenever_a_job_is_due_a_line_fires_on_the_machine_that_minute(when: str, zone: str, machine: str) -> None:
    """Of a year, but for days on which one of the zones changes its clock: there catching up within the hour does."""
    here, there = ZoneInfo(machine), ZoneInfo(zone)
    read = times.parse(when)
    lines = [times.parse(line) for line in wall_lines.lines(read, there, here, NOW)]
    left_out = changing_days(zone) | changing_days(machine)
    for due in times.between(read, there, NOW, NOW + timedelta(days=370)):
        wall = due.astimezone(here).replace(tzinfo=None)
        assert due.date() in left_out or any(fires(line, wall) for line in lines), (due, lines)


@given(WHENS, st.sampled_from(ZONES))
def test_on_a_machine_of_the_jobs_own_zone_one_line_says_the_same(when: str, zone: str) -> None:
    (line,) = wall_lines.lines(times.parse(when), ZoneInfo(zone), ZoneInfo(zone), NOW)
    read, meant = times.parse(line), times.parse(when)
    assert (read.minutes, read.hours, read.days, read.months, read.weekdays) == (
        meant.minutes, meant.hours, meant.days, meant.months, meant.weekdays,
    )  # fmt: skip


@pytest.mark.parametrize(("when", "machine", "expected"), [
    ("45 16 * * 1-5", "UTC", ("45 20,21 * * 1-5",)),
    ("45 16 * * 1-5", "Europe/Berlin", ("45 21,22 * * 1-5",)),
    ("45 16 * * 1-5", "Asia/Kolkata", ("15 2,3 * * 2-6",)),
    ("0 1 1 * *", "UTC", ("0 5,6 1 * *",)),
    ("30 19 1 * *", "UTC", ("30 0 * * *", "30 23 1 * *")),
    ("0 22 * * 6", "UTC", ("0 2,3 * * 0",)),
])  # fmt: skip
def test_times_of_new_york_become_all_they_can_be_elsewhere(when, machine, expected) -> None:
    """New York is 4 hours behind UTC in summer, 5 in winter; Berlin 6 ahead of it but for some weeks of 5."""
    assert wall_lines.lines(times.parse(when), ZoneInfo("America/New_York"), ZoneInfo(machine), NOW) == expected


def test_a_line_of_many_minutes_is_written_short() -> None:
    found = wall_lines.lines(times.parse("*/5 9-16 * * 1-5"), ZoneInfo("UTC"), ZoneInfo("UTC"), NOW)
    assert found == ("*/5 9-16 * * 1-5",)


@pytest.mark.parametrize(("when", "expected"), [
    ("0 2 * * 0", "Sun *-*-* 02:00:00 America/New_York"),
    ("0 6,12,18 * * 1-5", "Mon..Fri *-*-* 06,12,18:00:00 America/New_York"),
    ("0 1 1 * *", "*-*-01 01:00:00 America/New_York"),
    ("5 * * * *", "*-*-* *:05:00 America/New_York"),
    ("0 0 * * 0,1,3-5", "Mon,Wed..Fri,Sun *-*-* 00:00:00 America/New_York"),
    ("0 0 29 2 *", "*-02-29 00:00:00 America/New_York"),
])  # fmt: skip
def test_times_are_spelt_as_systemd_spells_them(when: str, expected: str) -> None:
    assert oncalendar.expression(times.parse(when), "America/New_York") == expected


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
@pytest.mark.parametrize("when", [*(job.when for job in jobs.DEFAULTS), "*/7 8-11 * 3,5 6,0", "59 23 31 12 *"])
def test_systemd_understands_the_same_times(when: str) -> None:
    ran = subprocess.run(
        ["systemd-analyze", "calendar", "--base-time=2026-11-21 00:00:00 UTC", "--iterations=5",
         oncalendar.expression(times.parse(when), "Asia/Kolkata")],
        capture_output=True, text=True, check=True, env={"TZ": "UTC", "PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    )  # fmt: skip
    told = [line.split(": ", 1)[1] for line in ran.stdout.splitlines() if "Next elapse" in line or "Iter. #" in line]
    found = [datetime.strptime(one, "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC) for one in told]
    moment, expected = NOW, []
    for _ in found:
        moment = times.following(times.parse(when), ZoneInfo("Asia/Kolkata"), moment)
        expected.append(moment)
    assert found == expected and len(found) == 5


@pytest.mark.parametrize(("when", "expected"), [
    ("0 1 1 * *", "the 1st 01:00"), ("0 2 * * 0", "Sun 02:00"), ("0 6,12,18 * * 1-5", "Mon-Fri 06:00, 12:00, 18:00"),
    ("5 * * * *", "every hour at :05"), ("* * * * *", "every minute"), ("0 0 29 2 *", "the 29th of Feb 00:00"),
    ("0 0 1-5,22 * *", "the 1st to 5th, 22nd 00:00"), ("0 9 * 6-8 sat,sun", "Sat-Sun of Jun-Aug 09:00"),
    ("*/15 9-16 * * 1-5", "Mon-Fri at :00, :15, :30, :45 of hours 09-16"),
])  # fmt: skip
def test_times_are_said_as_people_say_them(when: str, expected: str) -> None:
    assert wording.say(times.parse(when)) == expected
