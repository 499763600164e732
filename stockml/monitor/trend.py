"""How a share of hits moves over time: the slope with its uncertainty, and rolling shares to draw. Information only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stockml.arrays import Flags, Floats, Integers
from stockml.evaluation import significance

MONTH = significance.BLOCK_SESSIONS


@dataclass(frozen=True)
class Trend:
    """Change of the share of hits a month of 21 sessions (fraction), its 95 % interval and t; None where there is none.

    `rolling` holds the share over the last `window` dates at every date from the `window`-th on.
    """

    slope: float | None
    low: float | None
    high: float | None
    t: float | None
    dates: int
    window: int
    rolling: tuple[float, ...]


def trend(hits: Flags, session: Integers, horizon: int, window: int = 2 * MONTH) -> Trend:
    """The trend of (n,) hits by the sessions of their forecasts, days in any order.

    Shares of each date are regressed on the date's number. The slope is sum(x y) / sum(x^2) for centred x; with the
    residuals e the values x e, whose sum has to be near zero, are tested as a mean is (`significance.mean_test`:
    Newey & West 1987), which allows for forecasts that overlap. Fewer than 63 dates have no slope.
    """
    sums, rows = significance.by_date(hits.astype(np.float64)[:, None], session)
    share, dates = sums[:, 0] / rows, len(rows)
    total = np.concatenate([[0.0], np.cumsum(sums[:, 0])])
    count = np.concatenate([[0.0], np.cumsum(rows)])
    rolling = (total[window:] - total[:-window]) / (count[window:] - count[:-window]) if dates >= window else total[:0]
    told = tuple(rolling.tolist())
    if not significance.enough(dates):
        return Trend(None, None, None, None, dates, window, told)
    place: Floats = np.arange(dates, dtype=np.float64) - 0.5 * (dates - 1)
    weight = place * dates / float(place @ place)
    slope = float(np.mean(weight * share))
    # Each date's part of the slope: its residual's pull, around the slope itself.
    test, span = significance.mean_test(slope + weight * (share - share.mean() - slope * place), horizon)
    low, high = span or (None, None)
    return Trend(
        slope * MONTH, None if low is None else low * MONTH, None if high is None else high * MONTH, test.t, dates,
        window, told,
    )  # fmt: skip
