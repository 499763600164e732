"""Derives dividends and splits where a source gives only close and adjusted close."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from stockml.arrays import Floats

ROUNDING = 5e-7  # half a unit of the sixth decimal, in which such files are commonly written
SAFETY = 4.0
SINGLE = 2.0**-21  # Yahoo computes in single precision: four such roundings, twice over
SMALLEST_SPLIT = 1.2  # a step below this is a dividend: the largest special dividends are near 1.15
SPLIT_TOLERANCE = 0.02


def derive(close: Floats, adjusted: Floats) -> tuple[Floats, Floats]:
    """Return (dividend, split) per bar from the steps of adjusted/close.

    float64 arrays of one length; dividend in cash of the day, split as a ratio, 0 and 1 where none.
    A step is looked for between neighbours only, so cutting or rescaling the file changes nothing
    before the cut. Steps within the rounding of six decimals are not actions. A step near a simple
    ratio n:m whose raw price moved by about that ratio is a split; what it leaves over is a dividend.
    """
    dividend, split = np.zeros(len(close)), np.ones(len(close))
    if len(close) < 2:
        return dividend, split
    ratio = adjusted / close
    step = ratio[1:] / ratio[:-1]
    written = 1 / close[1:] + 1 / close[:-1] + 1 / adjusted[1:] + 1 / adjusted[:-1]
    noise = SAFETY * ROUNDING * written + SINGLE
    for place in np.flatnonzero(np.abs(step - 1.0) > noise):
        day, grown = int(place) + 1, float(step[place])
        ratio_of_split = _split_near(grown, float(close[day] / close[day - 1]))
        left = grown / ratio_of_split
        split[day] = ratio_of_split
        if abs(left - 1.0) > max(float(noise[place]), 0.0):
            dividend[day] = float(close[day - 1]) * (1.0 - 1.0 / left) / ratio_of_split
    return dividend, split


def _split_near(step: float, raw_move: float) -> float:
    """The split ratio behind a step, or 1.0. The raw price has to confirm it within a factor of 1.5."""
    if 1 / SMALLEST_SPLIT < step < SMALLEST_SPLIT:
        return 1.0
    simple = Fraction(step).limit_denominator(10) if step > 1 else 1 / Fraction(1 / step).limit_denominator(10)
    nearest = float(simple)
    if abs(step / nearest - 1.0) > SPLIT_TOLERANCE or not 1 / 1.5 < raw_move * nearest < 1.5:
        return 1.0
    return nearest
