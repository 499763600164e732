"""A training reads and checks each version that matters once: what it wrote, and the champion it replaces."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import _fleet
import pytest

from stockml.clock import from_day
from stockml.environment import open_environment
from stockml.pipeline import commands
from stockml.store import pointers, versions
from stockml.workspace import Workspace

SYMBOLS = ("AAA", "BBB")


@pytest.fixture
def home(tmp_path: Path) -> tuple[Path, list[str]]:
    """A workspace of two symbols, and its last two sessions."""
    bars = _fleet.fleet(count=700, symbols=SYMBOLS, days=_fleet.exchange_days(700))
    last = [from_day(int(day)).isoformat() for day in bars["AAA"].session[-2:]]
    return _fleet.csv_home(tmp_path / "home", bars), last


def train(place: Path, day: str) -> dict[str, str]:
    """A quick training of all symbols as of a session: the version of each."""
    env = open_environment(Workspace(place), day)
    made = commands.train(env, commands.plan(env, every=True, force=True), quick=True).made
    return {one["symbol"]: one["version"] for one in made["symbols"]}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """How often each version of a symbol was opened to be read and checked."""
    seen: Counter[tuple[str, str]] = Counter()
    plain = os.open

    def count(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if flags & os.O_DIRECTORY and flags & os.O_NOFOLLOW:
            seen[Path(path).parts[-3], Path(path).name] += 1
        return plain(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", count)
    return seen


def test_what_was_written_and_what_it_replaces_are_read_once_each(
    home: tuple[Path, list[str]], opened: Counter[tuple[str, str]]
) -> None:
    place, (first, second) = home
    before = train(place, first)
    assert opened == Counter(before.items())
    opened.clear()
    after = train(place, second)
    assert opened == Counter([*before.items(), *after.items()])
    for symbol in SYMBOLS:
        live = pointers.read(Workspace(place), symbol)
        assert live is not None and (live["champion"], live["previous"]) == (after[symbol], before[symbol])


def test_a_champion_that_is_damaged_does_not_become_the_previous_one(home: tuple[Path, list[str]]) -> None:
    place, (first, second) = home
    before = train(place, first)
    report = versions.folder(Workspace(place), "BBB", before["BBB"]) / "report.json"
    report.write_bytes(report.read_bytes()[:-1] + b" ")
    train(place, second)
    live = [pointers.read(Workspace(place), symbol) for symbol in SYMBOLS]
    assert [one and one["previous"] for one in live] == [before["AAA"], None]
