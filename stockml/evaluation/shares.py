"""The interval of a share from counts alone; no numpy, for commands that have to stay light."""

from __future__ import annotations

import math

from stockml.evaluation.student import NORMAL_975


def wilson(hits: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share (Wilson 1927; Brown, Cai & DasGupta 2001, eq. 4); fractions."""
    share, spread = hits / n, NORMAL_975 * NORMAL_975 / n
    middle = (share + spread / 2.0) / (1.0 + spread)
    half = math.sqrt(max(0.0, share * (1.0 - share) * spread + spread * spread / 4.0)) / (1.0 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
