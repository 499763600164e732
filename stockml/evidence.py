"""How much evidence each decision takes: the constants of every test in one place, with where they come from.

"Measured" means simulated on real daily prices (docs/method.md): what a rule lets through and what it refuses.
"""

from __future__ import annotations

from collections.abc import Sequence

# A model without edge that is tested every week passes t > 1.645 in a third of the years and t > 2.33 in fewer
# than one of ten; a broken one is caught at t < -1.645 almost always (one-sided 5 %).
BETTER_T = 2.33
WORSE_T = -1.645

# Below a year of dates the comparison with a naive forecast misses too many of the broken models.
MINIMUM_DATES = 250
# An edge in direction is believed after two years: the best honest year had an AUC of 0.566, and went.
EDGE_DATES = 500
# One symbol's direction would need decades (an edge of 1.5 points takes 6,900 independent forecasts).
POOL_SYMBOLS = 4

# Champion against challenger: over 125 sessions of 8 symbols an overfitted model was refused in 64 of 64 cases
# and an equal one in 5 of 100; with fewer symbols the same takes a year.
PAIRED_SYMBOLS, PAIRED_DATES, PAIRED_DATES_FEW = 8, 125, 250

# Leak alarm, pooled. The highest honest 250-session windows measured: accuracy 0.551 and AUC 0.566 at horizon 1,
# AUC 0.594 at horizon 5. Shuffled cross-validation gives an AUC of 0.84 to 0.86.
LEAK_ACCURACY = {1: 0.58}
LEAK_AUC_LONGER = 0.65

# A model fitted to shuffled labels has to look like chance: pooled AUC in this band.
CHANCE_AUC = (0.47, 0.53)
# A procedure that cannot tell the return that has just ended has no power to show a leak.
AUDIT_POWER_AUC = 0.75
# Each look of an audit at chance may err by its share of 5 % only: six looks (two shuffled and one shifted fit at
# two horizons) take the 0.9958 quantile of the normal distribution, 2.64, instead of 1.96 (Bonferroni).
AUDIT_WIDENING = 2.64 / 1.96

# Calibration: draws of the calibrated forecaster, and the rows below which its error is as large as what is looked
# for (mean 8 points, 95 % 11 points at 250 rows of ten bins; measured).
CALIBRATION_DRAWS, CALIBRATION_ROWS = 1000, 250

# Sequential tests of settled forecasts (Ville 1939: a fair bet ever multiplies its stake by c with probability 1 / c
# at most). A symbol's stake has to grow this many times the number of symbols watched, that of the fleet this many
# times: then one fleet in twenty is ever accused wrongly, however long it is watched.
SEQUENTIAL_ODDS = 20.0
# Of the one in twenty the shortest horizon gets four parts of five: it has an outcome a session, and finds a fault of
# one of 13 symbols after 141 sessions in the median; with equal parts it would be 153. The others share the fifth.
SHORTEST_SHARE = 0.8
# What the bets are on: shares of hits below the promised one. Coverage of the 90 % interval: 0.50, 0.55, ... 0.85.
# Direction: 0.40, 0.50, ... 0.90 of the naive rate (0.20 to 0.45 where that is one half). Simulated with 20 to 1 over
# 1,260 outcomes: 4 % false alarms; a coverage of 0.80 is found after 64 outcomes in the median, 0.70 after 18.
COVERAGE_BETS = (0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85)
DIRECTION_BETS = (0.40, 0.50, 0.60, 0.70, 0.80, 0.90)
# Silence means something once a fault as large as this would have been found: coverage 0.80, or 0.80 of the naive rate.
COVERAGE_FAULT, DIRECTION_FAULT = 0.80, 0.80

# What this share of the fleet suffers at once, three symbols at least, has one cause rather than that many.
COMMON_SHARE, COMMON_FEWEST = 0.60, 3

# A replaced champion forecasts on beside the new one, and bets these shares of its stake on every session that the new
# one does worse. The stake grows 20 times with a probability of 5 % at most if the new one is no worse (Ville 1939);
# five sessions at least, since one bad day is no evidence of a bad model.
SHADOW_ODDS = 20.0
SHADOW_BETS = (0.1, 0.2, 0.4, 0.8)
SHADOW_FEWEST = 5

# A hint of drift: fewer rows than these never flag, and 0.10 and 0.25 above what equal distributions show by chance
# (Siddiqi 2006, "Credit Risk Scorecards"; Yurdakul 2018, "Statistical Properties of Population Stability Index").
DRIFT_REFERENCE_ROWS, DRIFT_RECENT_ROWS = 500, 100
DRIFT_MOVED, DRIFT_FAR = 0.10, 0.25

# A back-test pays this much of the traded weight each way, in basis points: what retail orders in large companies
# cost at least (at 5 the Sharpe ratio of daily forecasts falls by 0.2 to 0.3).
BACKTEST_COST_BP = 5.0

# A rule signal's weight starts where it was set and moves with what followed the signal: the start counts as much as
# so many sessions in force (a year has 30 to 120 of them), and no weight exceeds twice its start. After 250
# sessions in force a signal without any worth keeps three tenths of its weight, one that is worth its weight all of it.
SIGNAL_PRIOR, SIGNAL_GROWTH = 100.0, 2.0
# Settled forecasts of a champion from which `status` shows its live figures in place of the held-out ones: a
# quarter of a year, when the interval of an accuracy is still 25 points wide.
LIVE_FORECASTS = 60


def sequential_odds(horizon: int, horizons: Sequence[int], symbols: int = 1) -> float:
    """Odds at which a test of one horizon fires that is made for so many symbols side by side (1: the fleet's own)."""
    if len(horizons) < 2:
        share = 1.0
    else:
        share = SHORTEST_SHARE if horizon == min(horizons) else (1.0 - SHORTEST_SHARE) / (len(horizons) - 1)
    return SEQUENTIAL_ODDS * max(symbols, 1) / share


def paired_dates(symbols: int) -> int:
    """Sessions that a comparison of two models takes with so many symbols."""
    return PAIRED_DATES if symbols >= PAIRED_SYMBOLS else PAIRED_DATES_FEW


def better_t(tries: int) -> float:
    """What the best of `tries` comparisons has to exceed so that all together mislead no more often than one at 2.33.

    Each is tested at the level 1 - (1 - a)^(1 / tries), a the one-sided level of `BETTER_T`; exact for independent
    comparisons, cautious for positively dependent ones. Source: Sidak 1967, JASA 62 ("Rectangular Confidence
    Regions for the Means of Multivariate Normal Distributions"). 20 tries: 3.30.
    """
    from statistics import NormalDist

    normal = NormalDist()
    return normal.inv_cdf(normal.cdf(BETTER_T) ** (1.0 / max(tries, 1)))
