"""Student's t distribution: the p of a statistic and the quantile of a 95 % interval."""

from __future__ import annotations

import math

NORMAL_975 = 1.959963984540054


def student_p(t: float, degrees: int) -> float:
    """Two-sided p of Student's t: the regularised incomplete beta I_x(degrees / 2, 1 / 2), x = d / (d + t^2).

    Source: Abramowitz & Stegun 1964, 26.7.1 and 26.5.27.
    """
    return _incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + t * t), t * t / (degrees + t * t))


def _incomplete_beta(a: float, b: float, x: float, rest: float) -> float:
    """I_x(a, b) by its continued fraction (Abramowitz & Stegun 26.5.8), evaluated by Lentz's method.

    `rest` is 1 - x, given apart because the subtraction would lose its digits near x = 1.
    """
    if x <= 0.0 or rest <= 0.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1.0) / (a + b + 2.0):  # the fraction converges fast on the other side only
        return 1.0 - _incomplete_beta(b, a, rest, x)
    beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    front = math.exp(a * math.log(x) + b * math.log(rest) - beta) / a
    upper, lower, value = 1.0, 0.0, 1.0
    for step in range(500):
        m = step // 2
        if step == 0:
            term = 1.0
        elif step % 2 == 0:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        lower = 1.0 / _not_zero(1.0 + term * lower)
        upper = _not_zero(1.0 + term / upper)
        value *= upper * lower
        if step and abs(upper * lower - 1.0) < 1e-15:
            break
    return front * (value - 1.0)


def _not_zero(value: float) -> float:
    return value if abs(value) > 1e-300 else 1e-300


def quantile_975(degrees: int) -> float:
    """The 97.5 % quantile of Student's t, right to 1e-6 from 60 degrees of freedom on.

    The normal quantile z and the first terms of Cornish and Fisher (Abramowitz & Stegun 1964, 26.7.5):
    z + (z^3 + z) / 4d + (5 z^5 + 16 z^3 + 3 z) / 96d^2 + (3 z^7 + 19 z^5 + 17 z^3 - 15 z) / 384d^3.
    """
    z, d = NORMAL_975, float(degrees)
    second = (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / (96.0 * d * d)
    third = (3.0 * z**7 + 19.0 * z**5 + 17.0 * z**3 - 15.0 * z) / (384.0 * d**3)
    return z + (z**3 + z) / (4.0 * d) + second + third
