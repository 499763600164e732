"""What is drawn of forecasts: how often what they said came true, and their coverage over time, each with its band."""

from __future__ import annotations

from typing import Any

import numpy as np

from stockml.arrays import Flags, Floats, Integers
from stockml.evaluation import metrics, ranks, significance
from stockml.evaluation.calibration import independent_rows
from stockml.evaluation.rows import Rows
from stockml.evaluation.significance import BLOCK_SESSIONS

BINS, BIN_ROWS = 10, 25  # most bins of a reliability diagram, and rows below which there is one fewer
ALIKE = 0.005  # probabilities this near to each other are not told apart
MOST_WINDOWS = 40


def curves(rows: Rows) -> dict[str, Any]:
    """{"reliability": {"told", "model"}, "coverage": {"80", "90"}} of forecasts of one horizon.

    `told` is the probability as shown; `model` that of the direction model, None where the same was shown.
    """
    same = bool((rows.model_up == rows.probability_up).all())
    return {
        "reliability": {
            "told": reliability(rows, rows.probability_up),
            "model": None if same else reliability(rows, rows.model_up),
        },
        "coverage": {"80": coverage(rows, 0.8), "90": coverage(rows, 0.9)},
    }


def reliability(rows: Rows, probability: Floats) -> dict[str, Any]:
    """A reliability diagram: {"n", "independent", "bins": [{"n", "said", "rose", "low", "high", "within"}]}.

    At most ten bins of as many rows, 25 at least; probabilities equal to half a point stay together. `said` is a
    bin's mean probability, `rose` the share that rose; `low` and `high` are the ends between which that lies in 95 of
    100 cases if the forecasts are calibrated, and `within` tells whether it does: the consistency bars of Bröcker &
    Smith 2007, Weather and Forecasting 22, binomial within the bin. Rows of one session share its market, so a bin
    counts only its share of the `independent` rows. Fractions.
    """
    independent, bins = _independent(rows, rows.up), []
    place = _bins(probability)
    for one in range(int(place.max(initial=-1)) + 1):
        own = place == one
        n, said = int(np.count_nonzero(own)), float(probability[own].mean())
        bins.append({"n": n, "said": said, "rose": (rose := float(rows.up[own].mean())),
                     **_band(rose, independent * n / len(rows), said)})  # fmt: skip
    return {"n": len(rows), "independent": independent, "bins": bins}


def _bins(probability: Floats) -> Integers:
    """The bin of each probability, from 0 on; none (empty) where there are too few for one."""
    count = min(BINS, len(probability) // BIN_ROWS)
    if not count:
        return np.empty(0, dtype=np.int64)
    rank = ranks.mid_ranks(np.round(probability / ALIKE), np.zeros(len(probability), dtype=np.int64))
    place = (rank * count / len(probability)).astype(np.int64)
    # Equal probabilities may leave a bin almost empty; it goes to the next one, the last to the one before.
    full, held, label = 0, 0, []
    for size in np.bincount(place, minlength=count).tolist():
        label.append(full)
        held += size
        if held >= BIN_ROWS:
            full, held = full + 1, 0
    return np.minimum(label, full - 1)[place]


def coverage(rows: Rows, level: float) -> dict[str, Any]:
    """Coverage over time: {"n", "nominal", "independent", "windows": [{"from", "to", "n", "coverage", …}]}; fractions.

    Windows of as many sessions, one after the other, 21 at least; none where there are fewer. `low` and `high` bound
    what an interval that holds its nominal share shows in 95 of 100 windows. That band is binomial, with a window's
    rows counted as what they are worth: misses come together on the same days. `within`: the coverage lies in it.
    """
    name = f"{level * 100:.0f}"
    inside = metrics.covered(getattr(rows, f"lo{name}"), getattr(rows, f"hi{name}"), rows.realised)
    independent, days = _independent(rows, inside), np.unique(rows.session)
    found = []
    for window in np.array_split(days, _windows(len(days))) if len(days) >= BLOCK_SESSIONS else []:
        own = (rows.session >= window[0]) & (rows.session <= window[-1])
        n = int(np.count_nonzero(own))
        ends = {name: str(day.astype("datetime64[D]")) for name, day in (("from", window[0]), ("to", window[-1]))}
        covered = float(inside[own].mean())
        found.append({**ends, "n": n, "coverage": covered, **_band(covered, independent * n / len(rows), level)})
    return {"n": len(rows), "nominal": level, "independent": independent, "windows": found}


def binomial_band(n: float, share: float) -> tuple[float, float]:
    """The shares between which that of n independent draws lies with a probability of 95 % at least; fractions.

    The 2.5 % and 97.5 % quantiles of the binomial distribution over n (Clopper & Pearson 1934), n rounded and at
    least 1.
    """
    draws = max(1, round(n))
    if not 0.0 < share < 1.0:
        return share, share
    steps = np.arange(1, draws + 1)
    logs = np.cumsum(np.log((draws - steps + 1) / steps) + np.log(share / (1.0 - share)))
    below = np.cumsum(np.exp(draws * np.log1p(-share) + np.concatenate([[0.0], logs])))
    low, high = np.searchsorted(below, (0.025, 0.975))
    return float(low / draws), float(min(high, draws) / draws)


def _band(share: float, n: float, expected: float) -> dict[str, Any]:
    low, high = binomial_band(n, expected)
    return {"low": low, "high": high, "within": low <= share <= high}


def _independent(rows: Rows, hit: Flags) -> float:
    """How many independent rows would give the share of hits its interval; 0.0 without rows.

    Where all hit or none did, nothing is known of how they hang together: one a `horizon` sessions.
    """
    hits = int(np.count_nonzero(hit))
    if hits in (0, len(rows)):
        return len(np.unique(rows.session)) / rows.horizon
    (span,) = significance.share_intervals(hit[:, None], rows.session, rows.horizon)
    return 0.0 if span is None else independent_rows(hits, len(rows), span)


def _windows(sessions: int) -> int:
    return min(MOST_WINDOWS, sessions // BLOCK_SESSIONS)
