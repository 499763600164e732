"""docs/data-defects.md says what becomes of recorded defects and real traps; every row of it is held here."""

from __future__ import annotations

import collections
from datetime import date
from pathlib import Path

import pytest

from stockml.bars import exchange_files, quality
from stockml.clock import to_day

PAGE = Path(__file__).parents[2] / "docs" / "data-defects.md"
DATA = Path(__file__).parents[2].parent / "shared" / "data"
FIXTURES = DATA / "fixtures"
FOLDERS = ("daily", "universe", "india")

pytestmark = pytest.mark.skipif(not FIXTURES.is_dir(), reason=f"{FIXTURES} is not there")


def judged(path):
    return quality.judge("X", exchange_files.read_file(path))


def says(path):
    """Findings and refused rows of a file in one cell, without days that had no trading and short histories."""
    found = judged(path)
    kinds = [one.kind for one in quality.findings(found.bars, []) if one.kind not in ("zero_volume", "short_history")]
    counts = sorted(collections.Counter(kinds).items())
    told = [f"{number} {kind}" for kind, number in counts]
    return ", ".join(told + ([f"{len(found.refused)} refused"] if found.refused else [])) or "nothing"


def rows(width):
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.read_text().splitlines()]
    return [one for one in cells if len(one) == width and one[0] not in ("file", "symbol") and "---" not in one[0]]


def test_every_defective_file_has_a_row_that_tells_what_is_found():
    wanted = {
        path.name: path
        for folder in ("yfinance_repair", "defective_daily")
        for path in (FIXTURES / folder).glob("*.csv")
        if not path.stem.endswith("-fixed") and "no-bad" not in path.stem
    }
    told = {name: (found, why) for name, found, why in rows(3)}
    assert told.keys() == wanted.keys()
    assert {name: found for name, (found, _) in told.items()} == {name: says(path) for name, path in wanted.items()}
    for name, (found, why) in told.items():
        assert why.split(",")[0].split(":")[0].split(" ")[0] in ("yes", "no", "refused"), name
        assert why.startswith("no") or found != "nothing", name


@pytest.mark.parametrize("row", rows(4) if PAGE.is_file() else [], ids=lambda row: f"{row[0]} {row[1]}")
def test_every_trap_ends_as_decided(row):
    symbol, day, _, decision = row
    path = next(path for folder in FOLDERS if (path := DATA / folder / f"{symbol}.csv.gz").is_file())
    bars = judged(path).bars
    there = to_day(date.fromisoformat(day))
    assert there in bars.session
    kinds = {one.kind for one in quality.findings(bars, []) if one.session == there} - {"zero_volume"}
    assert kinds == ({decision.split(":")[0]} - {"none"})
