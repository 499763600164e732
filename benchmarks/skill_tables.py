"""Recomputes the tables of direction, price, classes, intervals and confidence by stockml's own code."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

import _bands
import _fleets
import _homes
import _skill_confidence
import _skill_direction
import _skill_intervals
import _skill_range
import _walked
import kfold
from _bands import Band
from _figures import Figure
from _skill_differences import DIFFERENCES
from _walked import Walked

REPORT = Path(__file__).resolve().parent / "reports" / "skill.md"
SAMPLE = ("AAPL", "GOOG", "IBM", "MSFT")


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield the share of bands not held on the sample and on real prices. Writes the report unless quick.

    Without the price files there is no report: most of its tables are of real prices.
    """
    sample = _walked.walk("bk", *_fleets.sample(SAMPLE), "2006-01-03", "2013-03-01")
    held = _skill_range.range_section([sample])[1]
    known = [*_skill_direction.persistence_bands(sample, ("AAPL", "IBM", "MSFT")), *held]
    yield _bands.share_missed("bands of direction, price and intervals, sample", known)
    if quick or not _homes.has_prices():
        yield Figure("the same, real prices", None, 0.0, "skipped: quick" if quick else _homes.NO_PRICES)
        return
    fleets = [_real("u", _fleets.FLEET_U), _real("13", _fleets.default_symbols()), sample]
    leak = kfold.outcomes("sample", ("trees",), (1, 5))
    lines, bands = _tables(fleets, leak)
    bands += [band for band in known if band.name not in {one.name for one in bands}]
    bands += kfold.bands("sample", leak)
    yield _bands.share_missed("bands of direction, price and intervals, all fleets", bands)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text("\n".join(_report(fleets, lines, bands)) + "\n", encoding="utf-8")


def _real(name: str, symbols: tuple[str, ...]) -> Walked:
    plan, inputs = _fleets.real(symbols)
    return _walked.walk(name, plan, inputs, "2018-01-02", _homes.AS_OF)


def _tables(fleets: list[Walked], leak: list[kfold.Outcome]) -> tuple[list[str], list[Band]]:
    """(lines of all sections, their bands)."""
    direction, bands = _skill_direction.direction_section(fleets)
    price, price_bands = _skill_direction.price_section(fleets)
    intervals, interval_bands = _skill_intervals.intervals_section(fleets)
    ranges, range_bands = _skill_range.range_section(fleets)
    sample = next(walked for walked in fleets if walked.name == "bk")
    return [
        *direction, *price, *_skill_direction.classes_section(fleets[0]),
        "### 1d Shuffled 5-fold against purged walk-forward", "", *kfold.outcome_table(leak), "", *intervals, *ranges,
        *_skill_confidence.confidence_section([walked for walked in fleets if walked.name != "13"]),
        *_skill_confidence.noise_section(),
    ], [*bands, *price_bands, *interval_bands, *range_bands,
        *_skill_direction.persistence_bands(sample, ("AAPL", "IBM", "MSFT"))]  # fmt: skip


def _report(fleets: list[Walked], lines: list[str], bands: list[Band]) -> list[str]:
    missed = sum(not band.held for band in bands)
    return [
        "# What is forecastable, by stockml's own code", "", "Written by `python benchmarks/run.py skill_tables`.", "",
        INTRODUCTION, "", *(_told(walked) for walked in fleets), "",
        f"## Bands: {len(bands) - missed} of {len(bands)} held", "", *_bands.band_table(bands), "",
        "## Differences explained", "", DIFFERENCES, "", "## 1 Direction, price, classes", "", *lines,
    ]  # fmt: skip


INTRODUCTION = """Every forecast was made out of sample: yearly refits, 8-year window, folds purged by the horizon and
5 sessions of embargo. `h` is the horizon in sessions, `n` counts forecasts. Brackets hold 95 % intervals by bootstrap
over blocks of 21 dates; `t` is Diebold-Mariano on daily means, above 0 when the model is better than what it is set
against: the base rate of the training rows (direction), the last close (price), naive expanding quantiles (intervals).
*Reference* is an independent measurement with other code and other features on the same prices; its figures are in the
order of our columns. GARCH, boosted variance and conformalised quantile regression are in that measurement and not in
stockml, so they are left out."""


def _told(walked: Walked) -> str:
    dates = walked.rows[walked.plan.horizons[0]].session.astype("datetime64[D]")
    parts = [
        f"* `{walked.name}`: {' '.join(walked.inputs.symbols)}; {dates.min()} to {dates.max()}, "
        f"{len(walked.cuts)} refits, seed {walked.plan.seed}"
    ]
    for horizon, rows in walked.rows.items():
        fits = {piece.cut: piece.model.of(horizon) for piece in walked.pieces[horizon]}
        shrinks = [fit["k"] for fit in fits.values()]
        shown = [cut for cut, fit in fits.items() if fit["direction"] == "model"]
        days = " and ".join(str(walked.inputs.sessions[cut].astype("datetime64[D]")) for cut in shown)
        parts.append(
            f"h={horizon}: n={len(rows)}, k of the refits {min(shrinks):.2f} to {max(shrinks):.2f} (median "
            f"{statistics.median(shrinks):.2f}), the direction model shown after {days or 'none of them'}"
        )
    return ".\n  ".join(parts) + "."
