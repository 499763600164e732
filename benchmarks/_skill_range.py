"""How much of the next day's log range can be foreseen, by the volatility and by a regression on its inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from _bands import Band, number, table
from _walked import Piece, Walked, gathered, windows

from stockml.arrays import Floats, Places
from stockml.evaluation import significance
from stockml.models import forecast, volatility

SESSIONS = 252
TINY = 1e-9
USED = ("parkinson_1", "parkinson_5", "parkinson_22", "square_5", "square_21", "square_63", "square_252", "market_5")


def range_section(fleets: Sequence[Walked]) -> tuple[list[str], list[Band]]:
    """R2 against the mean of the last 252 sessions; the band is for the regression, one for all symbols."""
    lines, bands = [], []
    for walked in fleets:
        ranges = [log_range(series.high, series.low) for series in walked.inputs.fleet]
        realised = gathered(walked, 1, lambda piece, ranges=ranges: ranges[piece.index][piece.rows + 1])
        naive = gathered(walked, 1, lambda piece, ranges=ranges: trailing_mean(ranges[piece.index])[piece.rows])
        for name, made in (("forecast volatility", _by_volatility(walked, ranges)),
                           ("regression on its inputs", _by_regression(walked, ranges))):  # fmt: skip
            known = np.isfinite(realised) & np.isfinite(made) & np.isfinite(naive)
            loss, base = np.square(realised - made)[known], np.square(realised - naive)[known]
            r2 = 1.0 - float(loss.mean() / base.mean())
            t = significance.diebold_mariano(loss, base, walked.rows[1].session[known], 1).t
            lines.append((walked.name, name, str(int(known.sum())), number(r2), number(t, 1)))
        if walked.name in ("u", "bk"):
            claim = f"{walked.name}: R2 of the next day's log range against its 252-day mean, by regression"
            bands.append(Band(claim, 0.30, None, r2))
    return [*table(("fleet", "next day's log range by", "n", "R2", "t"), lines, words=2), ""], bands


def log_range(high: Floats, low: Floats) -> Floats:
    """ln(ln(high / low)) of each bar; NaN where there was no range."""
    with np.errstate(divide="ignore"):
        values = np.log(np.log(high / low))
    return np.where(np.isfinite(values), values, np.nan)


def trailing_mean(values: Floats, sessions: int = SESSIONS) -> Floats:
    """Mean of the last sessions up to each, without missing ones; NaN where more than half are missing."""
    out = np.full(len(values), np.nan)
    if len(values) >= sessions:
        seen = np.lib.stride_tricks.sliding_window_view(values, sessions)
        enough = np.isfinite(seen).sum(axis=1) * 2 >= sessions
        out[sessions - 1 :][enough] = np.nanmean(seen[enough], axis=1)
    return out


def _by_volatility(walked: Walked, ranges: Sequence[Floats]) -> Floats:
    """The log of the published volatility, plus what the range was beyond it over the last 252 sessions."""

    def made(piece: Piece) -> Floats:
        first = max(int(piece.rows[0]) - 2 * SESSIONS, forecast.FEWEST_BARS)
        origins = np.arange(first, int(piece.rows[-1]) + 1)
        sigma = np.full(len(ranges[piece.index]), np.nan)
        sigma[origins] = forecast.scores(walked.inputs, piece.model, piece.index, 1, origins)[0]
        beyond = np.full(len(sigma), np.nan)
        beyond[1:] = ranges[piece.index][1:] - np.log(sigma[:-1])
        found: Floats = (np.log(sigma) + trailing_mean(beyond))[piece.rows]
        return found

    return gathered(walked, 1, lambda piece: made(piece) if len(piece.rows) else np.empty(0))


def _by_regression(walked: Walked, ranges: Sequence[Floats]) -> Floats:
    """One least squares for all symbols, refitted at every cut on its purged training rows."""
    columns = [_columns(walked, index, one) for index, one in enumerate(ranges)]
    fitted = {}
    for cut in walked.cuts:
        x, y = [], []
        for piece in walked.pieces[1]:
            if piece.cut == cut:
                rows = windows(walked, piece, 1, volatility.HAR_LOOK_BACK + 1)
                x.append(columns[piece.index][:, rows])
                y.append(ranges[piece.index][rows + 1])
        fitted[cut] = _least_squares(np.concatenate(x, axis=1), np.concatenate(y))
    return gathered(walked, 1, lambda piece: fitted[piece.cut] @ columns[piece.index][:, piece.rows])


def _columns(walked: Walked, index: int, ranges: Floats) -> Floats:
    """Logs of the variances that the volatility model sees, a constant and the 252-day mean; (columns, n)."""
    variance = walked.inputs.variance[index]
    places: Places = np.array([volatility.HAR_INPUTS.index(name) for name in USED])
    logs = np.log(np.maximum(walked.inputs.har[index][places] * variance, TINY))
    return np.vstack([np.ones(len(variance)), np.log(variance), trailing_mean(ranges), logs])


def _least_squares(x: Floats, y: Floats) -> Floats:
    known = np.isfinite(y) & np.isfinite(x).all(axis=0)
    found: Floats = np.linalg.lstsq(x[:, known].T, y[known], rcond=None)[0]
    return found
