"""`history`: accuracy and coverage over time from settled forecasts, promotions marked."""

from __future__ import annotations

from pathlib import Path

import _fleet
import _naive
import pytest
from _naive import SESSIONS

from stockml.ledger import forecasts
from stockml.pipeline import history, settle
from stockml.store import pointers
from stockml.view import sparkline


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty settled forecasts a symbol, of intervals that are wide at first and narrow later."""
    home = _naive.make(tmp_path_factory.mktemp("history"))
    _fleet.result("data", "fetch", "--as-of", SESSIONS[-1], home=home)
    env = _naive.at(home, SESSIONS[-15])
    version = str((pointers.standing(env.workspace, env.ledger, "AAA", env.clock) or {})["champion"])
    _naive.speak(home, dict.fromkeys(_fleet.SYMBOLS, version), 5.0, range(-42, -22))
    _naive.speak(home, dict.fromkeys(_fleet.SYMBOLS, version), 0.2, range(-22, -2))
    settle.settle(_naive.at(home, SESSIONS[-1]))
    return home


def test_points_are_shares_of_the_last_forecasts_recomputed_from_the_export(settled: Path) -> None:
    env = _naive.at(settled, SESSIONS[-1])
    found = history.history_of(env, "AAA", 20)
    rows = [one for one in forecasts.export(env.ledger, "1d", env.clock, ["AAA"]) if one["status"] == "settled"]
    points = found["horizons"]["1"]["points"]
    assert len(rows) == 40 and len(points) == 21 and {one["n"] for one in points} == {20}
    assert points[-1]["coverage"] == sum(one["in90"] for one in rows[-20:]) / 20
    assert points[0]["accuracy"] == sum(one["direction_hit"] for one in rows[:20]) / 20
    assert points[0]["coverage"] == 1.0 and points[-1]["coverage"] < 0.5
    assert [one["who"] for one in found["promotions"]] == ["train"]


def test_as_of_an_earlier_session_later_outcomes_are_not_there(settled: Path) -> None:
    assert history.history_of(_naive.at(settled, SESSIONS[-20]), "AAA", 20)["horizons"] == {}, "settled at the end"


def test_the_screen_draws_and_marks_the_promotion(settled: Path) -> None:
    said = _fleet.stockml("history", "AAA", "--window", "20", "--as-of", SESSIONS[-1], home=settled)
    assert said.returncode == 0, said.stderr
    lines = said.stdout.splitlines()
    assert lines[0].startswith("AAA 1 ahead, 40 forecasts of ") and "█" in lines[2] and "▁" in lines[2]
    assert lines[3].strip() == "^" and lines[-1].startswith("^ 2019-")
    assert "no forecast has its outcome yet" in _fleet.stockml(
        "history", "AAA", "--as-of", SESSIONS[-30], home=settled
    ).stdout


def test_a_sparkline_never_exceeds_its_width_and_keeps_the_order() -> None:
    assert sparkline.line([0.0, 0.5, 1.0], 10, 0.0, 1.0) == "▁▅█"
    assert sparkline.line([None, 1.0], 10, 0.0, 1.0) == " █"
    long = sparkline.line([i / 999 for i in range(1000)], 40, 0.0, 1.0)
    assert len(long) == 40 and list(long) == sorted(long) and long[0] == "▁" and long[-1] == "█"
    assert sparkline.line([3.0, 3.0], 5, 3.0, 3.0) == "▅▅" and sparkline.line([], 5, 0.0, 1.0) == ""
    assert sparkline.marks([0, 999], 1000, 40) == "^" + " " * 38 + "^"
