"""Which snapshots stay: rules over random histories, with clocks that jump."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockml.backup.pruning import by_name
from stockml.backup.retention import Rules, decide
from stockml.clock import stamp
from stockml.errors import ConfigError

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Fact:
    name: str
    made_at: str
    verified_at: str | None


def made(hours: list[float], verified: set[int]) -> list[Fact]:
    return [
        Fact(f"s{place}", stamp(BEGIN + timedelta(hours=one)), "2026-01-01T00:00:00Z" if place in verified else None)
        for place, one in enumerate(hours)
    ]


COUNTS = st.integers(0, 8)
RULES = st.builds(Rules, COUNTS, COUNTS, COUNTS, COUNTS).filter(
    lambda one: any((one.last, one.daily, one.weekly, one.monthly))
)
HOURS = st.lists(st.floats(-20_000, 20_000), max_size=60)  # in the order they were made, whatever the clock said
NOW = st.floats(-30_000, 30_000).map(lambda hours: BEGIN + timedelta(hours=hours))


@given(HOURS, RULES, NOW, st.sets(st.integers(0, 59)))
def test_neither_the_newest_nor_the_newest_verified_ever_goes(
    hours: list[float], rules: Rules, now: datetime, verified: set[int]
) -> None:
    snapshots = made(hours, verified)
    kept = {one.name for one in decide(snapshots, rules, now) if one.keep}
    if snapshots:
        assert snapshots[-1].name in kept
        proved = [one.name for one in snapshots if one.verified_at]
        assert not proved or proved[-1] in kept
        if snapshots[-1].verified_at is None:
            assert len(kept) == len(snapshots), "while the newest is unproved nothing goes"


@given(HOURS, RULES, NOW)
def test_what_is_kept_is_kept_again_and_every_decision_has_its_reason(
    hours: list[float], rules: Rules, now: datetime
) -> None:
    snapshots = made(hours, set(range(60)))
    decisions = decide(snapshots, rules, now)
    assert [one.name for one in decisions] == [one.name for one in snapshots] and all(one.reason for one in decisions)
    left = [one for one, told in zip(snapshots, decisions, strict=True) if told.keep]
    assert all(one.keep for one in decide(left, rules, now)), "pruning twice removes nothing more"


@given(HOURS, RULES, NOW, st.sampled_from(["last", "daily", "weekly", "monthly"]))
def test_a_larger_number_never_removes_more(hours: list[float], rules: Rules, now: datetime, which: str) -> None:
    snapshots = made(hours, set(range(60)))
    more = Rules(**{**vars(rules), which: getattr(rules, which) + 1})
    kept, larger = ({one.name for one in decide(snapshots, each, now) if one.keep} for each in (rules, more))
    assert kept <= larger


@given(HOURS, RULES, st.floats(0, 1e6))
def test_a_clock_that_runs_ahead_removes_nothing_more_than_the_right_one(
    hours: list[float], rules: Rules, ahead: float
) -> None:
    snapshots = made(hours, set(range(60)))
    latest = BEGIN + timedelta(hours=max(hours, default=0.0) + 1)
    right, wrong = (
        [one.keep for one in decide(snapshots, rules, now)] for now in (latest, latest + timedelta(hours=ahead))
    )
    assert right == wrong


@given(HOURS, RULES)
def test_a_clock_set_back_keeps_what_seems_to_be_of_the_future(hours: list[float], rules: Rules) -> None:
    snapshots = made(hours, set(range(60)))
    now = BEGIN - timedelta(hours=30_000)
    assert all(one.keep for one in decide(snapshots, rules, now))


def test_the_counts_are_of_days_weeks_and_months() -> None:
    """Hourly for 100 days: 3 last; the newest of 2 more days; of the weeks and months in which there are any."""
    snapshots = made([float(hour) for hour in range(2400)], set(range(2400)))
    now = BEGIN + timedelta(hours=2400)
    kept = [one.name for one in decide(snapshots, Rules(3, 3, 0, 0), now) if one.keep]
    assert kept == ["s2351", "s2375", "s2397", "s2398", "s2399"]
    monthly = [one.name for one in decide(snapshots, Rules(0, 0, 0, 3), now) if one.keep]
    assert monthly == [f"s{24 * 59 - 1}", f"s{24 * 90 - 1}", "s2399"], "the last of February, of March, of April so far"
    weekly = [one.name for one in decide(snapshots, Rules(0, 0, 2, 0), now) if one.keep]
    assert weekly == [f"s{24 * 95 - 1}", "s2399"], "2026-04-05 is a Sunday"


@pytest.mark.parametrize("count", range(1, 9))
@pytest.mark.parametrize("last", range(1, 12))
def test_the_last_n_stay_whether_there_are_fewer_or_more_of_them(count: int, last: int) -> None:
    """A slice from `count - last` on is one from the end once `last` is the larger: seven of eight went."""
    snapshots = made([float(hour) for hour in range(count)], set(range(count)))
    decisions = decide(snapshots, Rules(last, 0, 0, 0), BEGIN + timedelta(days=1))
    kept = [one.name for one in decisions if one.keep]
    assert kept == [one.name for one in snapshots][-last:]


@pytest.mark.parametrize("found", [[], ["one"]])
def test_a_policy_that_keeps_nothing_is_refused(found: list[str]) -> None:
    with pytest.raises(ConfigError):
        decide([Fact(one, stamp(BEGIN), None) for one in found], Rules(0, 0, 0, 0), BEGIN)


@given(HOURS, st.sets(st.integers(0, 59)), st.sets(st.integers(0, 59)))
def test_removal_by_name_spares_the_newest_and_waits_for_its_proof(
    hours: list[float], verified: set[int], asked: set[int]
) -> None:
    snapshots = made(hours, verified)
    decisions = by_name(snapshots, [f"s{place}" for place in asked])  # type: ignore[arg-type]
    gone = {one.name for one in decisions if not one.keep}
    assert gone <= {f"s{place}" for place in asked}
    if snapshots:
        assert snapshots[-1].name not in gone and (snapshots[-1].verified_at or not gone)
