"""The configured thresholds, each with its figure, what the naive forecast did, and whether there is evidence.

A figure beyond its limit fires on evidence only if its whole 95 % interval is beyond, and the naive forecast of the
same sessions did credibly better: what befalls both is the market, which no training mends. Where no evidence is
asked for (`triggers.evidence` is "none") the figure alone decides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from stockml.arrays import Flags, Floats, Integers
from stockml.evaluation import metrics, significance
from stockml.evaluation.significance import Dates
from stockml.evidence import WORSE_T

Word = Literal["fires", "holds", "cannot_tell"]
Evidence = Literal["required", "none"]
Span = tuple[float, float] | None

# Three blocks of a month, the fewest that are resampled. Looked at daily, fewer would fire on the first bad week.
_FEWEST_DATES = 3 * significance.BLOCK_SESSIONS
_MOST_NEEDED = 25_000  # forecasts; beyond that "needed" means nothing


@dataclass(frozen=True)
class Rule:
    """A threshold as it stands: fractions, None where a figure does not exist.

    `value` with its 95 % interval is of `n` forecasts, `naive` the naive forecast's figure on the same. `needed`:
    about how many more forecasts until the interval clears the limit at the present value, None if it has or never.
    """

    name: str
    verdict: Word
    value: float | None
    low: float | None
    high: float | None
    n: int
    limit: float
    naive: float | None
    needed: int | None
    sentence: str


@dataclass(frozen=True)
class Accepted:
    """A figure that the version was accepted with, its 95 % interval as far as it has one, and the naive figure."""

    value: float
    naive: float
    low: float | None = None
    high: float | None = None


def direction_accuracy(
    hits: Flags, naive_hits: Flags, session: Integers, horizon: int, limit: float, evidence: Evidence
) -> Rule:
    """Whether the share of right directions is below the limit. All arrays are (n,), `session` in days.

    The interval is `significance.share_intervals`; naive is the training window's more frequent side.
    """
    dates = significance.dates_of(session)
    seen = _Seen(
        "direction accuracy", dates, metrics.mean(hits), _share_interval(hits, dates, horizon),
        metrics.mean(naive_hits), _naive_better(_misses(hits), _misses(naive_hits), dates, horizon),
    )  # fmt: skip
    return _judge(seen, limit, -1, evidence)


def price_error(
    errors: Floats, naive_errors: Floats, session: Integers, horizon: int, limit: float, evidence: Evidence
) -> Rule:
    """Whether the mean absolute relative price error is above the limit. All arrays are (n,), `session` in days.

    The interval is `significance.block_bootstrap`; naive is the last close.
    """
    dates = significance.dates_of(session)
    seen = _Seen(
        "price error", dates, metrics.mean(errors), _mean_interval(errors, dates), metrics.mean(naive_errors),
        _naive_better(errors, naive_errors, dates, horizon),
    )  # fmt: skip
    return _judge(seen, limit, 1, evidence)


def confidence(values: Floats, session: Integers, accepted: float | None, limit: float, evidence: Evidence) -> Rule:
    """Whether the mean confidence is below the limit and, on evidence, has fallen there; values and days are (n,).

    Confidence is no merit: an honest forecast without edge says little more than one half, an overfitted one 0.8.
    So on evidence it fires only for a version whose `accepted` mean confidence, on the sessions it was judged by,
    was at or above the limit. Of any other the present confidence is what was deployed.
    """
    dates = significance.dates_of(session)
    seen = _Seen("confidence", dates, metrics.mean(values), _mean_interval(values, dates), accepted, True)
    rule = _judge(seen, limit, -1, evidence)
    if evidence == "none" or rule.value is None or (accepted is not None and accepted >= limit):
        return rule
    told = "nothing was accepted to compare it with" if accepted is None else f"it was accepted with {accepted:.1%}"
    return replace(rule, verdict="holds", needed=None, sentence=f"{_figure(seen, limit)}: holds, no fall ({told})")


def fallen_accuracy(
    hits: Flags, naive_hits: Flags, session: Integers, horizon: int, accepted: Accepted, most: float,
    evidence: Evidence,
) -> Rule:  # fmt: skip
    """Whether the accuracy is more than a share `most` below the accepted one (raw), or the low end of its interval.

    On evidence the misses over the naive side's must have risen too: the interval of their ratio
    (`significance.contest`) lies above the accepted ratio.
    """
    floor = accepted.value if evidence == "none" or accepted.low is None else accepted.low
    dates = significance.dates_of(session)
    seen = _Seen(
        "fallen accuracy", dates, metrics.mean(hits), _share_interval(hits, dates, horizon),
        metrics.mean(naive_hits),
        _ratio_risen(_misses(hits), _misses(naive_hits), dates, horizon, 1.0 - accepted.value, 1.0 - accepted.naive),
    )  # fmt: skip
    return _judge(seen, floor * (1.0 - most), -1, evidence)


def risen_loss(
    name: str, losses: Floats, naive_losses: Floats, session: Integers, horizon: int, accepted: Accepted, most: float,
    evidence: Evidence,
) -> Rule:  # fmt: skip
    """Whether a mean loss (price error, Winkler score) is more than a share `most` above the accepted one.

    As `fallen_accuracy`: on evidence the high end of the accepted interval counts, and the ratio to the naive loss
    must have risen, since a stormy market raises both.
    """
    ceiling = accepted.value if evidence == "none" or accepted.high is None else accepted.high
    dates = significance.dates_of(session)
    seen = _Seen(
        name, dates, metrics.mean(losses), _mean_interval(losses, dates), metrics.mean(naive_losses),
        _ratio_risen(losses, naive_losses, dates, horizon, accepted.value, accepted.naive),
    )  # fmt: skip
    return _judge(seen, ceiling * (1.0 + most), 1, evidence)


class _Seen(NamedTuple):
    """A figure of the forecasts, the naive one, and whether naive did credibly better (None: that cannot be said)."""

    name: str
    dates: Dates
    value: float | None
    span: Span
    naive: float | None
    naive_better: bool | None


def _judge(seen: _Seen, limit: float, side: int, evidence: Evidence) -> Rule:
    """The rule of a figure that is bad above its limit (`side` 1) or below it (-1)."""
    n, dates = len(seen.dates.place), len(seen.dates.rows)
    low, high = seen.span or (None, None)
    if seen.value is None:
        found = _Answer("cannot_tell", "cannot tell, no forecast has its outcome yet", _FEWEST_DATES)
    elif evidence == "none":
        fires = side * (seen.value - limit) > 0.0
        found = _Answer("fires", "beyond it") if fires else _Answer("holds", "within it")
    else:
        found = _on_evidence(seen, seen.value, dates, limit, side)
    sentence = f"{_figure(seen, limit)}: {found.why}"
    return Rule(seen.name, found.verdict, seen.value, low, high, n, limit, seen.naive, found.needed, sentence)


class _Answer(NamedTuple):
    verdict: Word
    why: str
    needed: int | None = None


def _on_evidence(seen: _Seen, figure: float, dates: int, limit: float, side: int) -> _Answer:
    """What there is to say of a figure whose interval has to clear the limit."""
    n = len(seen.dates.place)
    if seen.span is None or dates < _FEWEST_DATES:
        needed = max(1, math.ceil((_FEWEST_DATES - dates) * n / dates))
        return _Answer("cannot_tell", f"cannot tell yet, about {needed:,} more needed", needed)
    # Towards the limit, so that the sign no longer matters: beyond is positive.
    nearest, farthest = sorted(side * (end - limit) for end in seen.span)
    if farthest <= 0.0:
        return _Answer("holds", "within it")
    if nearest <= 0.0:
        more = _more(n, side * (figure - limit), nearest, farthest)
        told = "" if more is None else f", about {more:,} more needed"
        return _Answer("cannot_tell", f"cannot tell yet{told}", more)
    if seen.naive_better is None:
        return _Answer("cannot_tell", "beyond it, but cannot tell whether naive did better")
    if seen.naive_better:
        return _Answer("fires", "credibly beyond it")
    return _Answer("holds", "beyond it, but so is what the market did to the naive forecast")


def _more(n: int, value: float, nearest: float, farthest: float) -> int | None:
    """How many more forecasts until an interval around `value` leaves 0 out; its width falls with the root of n."""
    half = value - nearest if value > 0.0 else farthest - value
    if value == 0.0:
        return None
    more = math.ceil(n * ((half / value) ** 2 - 1.0))
    return max(1, more) if more <= _MOST_NEEDED else None


def _naive_better(losses: Floats, naive_losses: Floats, dates: Dates, horizon: int) -> bool | None:
    """Whether naive lost credibly less on the same rows, Diebold-Mariano t < -1.645; None without a test."""
    t = significance.diebold_mariano(losses, naive_losses, dates, horizon).t
    return None if t is None else t < WORSE_T


def _ratio_risen(
    losses: Floats, naive_losses: Floats, dates: Dates, horizon: int, accepted: float, accepted_naive: float
) -> bool | None:
    """Whether the interval of sum(loss) / sum(naive loss) lies above the accepted ratio; None without an interval."""
    low = significance.contest(losses, naive_losses, dates, horizon).low
    return None if low is None or accepted_naive <= 0.0 else low > accepted / accepted_naive


def _misses(hits: Flags) -> Floats:
    """The loss that accuracy is one less of: 1 for a miss."""
    return (~hits).astype(np.float64)


def _share_interval(hits: Flags, dates: Dates, horizon: int) -> Span:
    return significance.share_intervals(hits[:, None], dates, horizon)[0]


def _mean_interval(values: Floats, dates: Dates) -> Span:
    """Block bootstrap of a mean over dates; None below three blocks of dates."""
    sums, rows = significance.by_date(values[:, None], dates)
    if not significance.enough(len(rows)):
        return None
    low, high = significance.block_bootstrap(sums, rows)
    return float(low[0]), float(high[0])


def _figure(seen: _Seen, limit: float) -> str:
    """The figure in words, as every sentence begins."""
    if seen.value is None:
        return f"{seen.name}, limit {limit:.1%}"
    span = "" if seen.span is None else f" (95 %: {seen.span[0]:.1%} to {seen.span[1]:.1%})"
    naive = "" if seen.naive is None or seen.name == "confidence" else f", naive {seen.naive:.1%}"
    return f"{seen.name} {seen.value:.1%}{span} over {len(seen.dates.place):,} forecasts{naive}, limit {limit:.1%}"
