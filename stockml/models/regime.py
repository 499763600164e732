"""The market regime of a symbol at each session, from its own prices. Arrays only."""

from __future__ import annotations

import numpy as np

from stockml.arrays import Floats, Small

REGIMES = ("bullish", "bearish", "volatile", "sideways")
LOOK_BACK, MOVE, VOLATILE = 20, 0.05, 0.35


def regimes(close: Floats, variance: Floats) -> Small:
    """Index into `REGIMES` per session.

    Volatile above 35 % a year (EWMA); else bullish or bearish after a move of 5 % in 20 sessions; else
    sideways. `variance` is of one session.
    """
    move = np.zeros(len(close))
    if len(close) > LOOK_BACK:
        move[LOOK_BACK:] = close[LOOK_BACK:] / close[:-LOOK_BACK] - 1.0
    yearly = np.sqrt(np.nan_to_num(variance) * 252.0)
    found = np.where(yearly > VOLATILE, 2, np.where(move >= MOVE, 0, np.where(move <= -MOVE, 1, 3)))
    return found.astype(np.int8)
