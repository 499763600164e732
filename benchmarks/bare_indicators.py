"""The same indicators as the catalogue's plain families, straight down in TA-Lib and numpy: the yardstick."""

from __future__ import annotations

import numpy as np

from stockml.features._talib import talib


def bare(session, o, h, l, c, v, out):  # noqa: E741
    """Write the columns into `out`, float32 (features, bars), without registry, masks or guards."""
    ta = talib()
    n = len(c)
    k = iter(range(len(out)))

    def diff(x, lag):
        d = np.empty(n)
        d[:lag] = np.nan
        np.subtract(x[lag:], x[:-lag], out=d[lag:])
        return d

    logc = np.log(c)
    r1 = diff(logc, 1)
    year = diff(logc, 252)
    r21 = diff(logc, 21)
    spread = h - l
    tr = ta.TRANGE(h, l, c)
    tp = ta.TYPPRICE(h, l, c)
    # momentum
    out[next(k)] = diff(logc, 63)
    out[next(k)] = diff(logc, 126)
    out[next(k)] = year
    out[next(k)] = year - r21
    for length in (2, 7, 14):
        out[next(k)] = ta.RSI(c, length) / 100.0
    slow, signal = ta.STOCH(h, l, c, 14, 3, 0, 3, 0)
    out[next(k)] = slow / 100.0
    out[next(k)] = signal / 100.0
    out[next(k)] = ta.WILLR(h, l, c, 14) / 100.0
    out[next(k)] = ta.ULTOSC(h, l, c) / 100.0
    out[next(k)] = ta.TRIX(c, 15) / 100.0
    # pattern
    body = (c - o) / spread
    upper = (h - np.maximum(o, c)) / spread
    lower = (np.minimum(o, c) - l) / spread
    size = np.abs(body)
    out[next(k)] = body
    out[next(k)] = upper
    out[next(k)] = lower
    out[next(k)] = np.maximum(1.0 - 5.0 * size, 0.0)
    out[next(k)] = np.maximum(lower - 0.5, 0.0) - np.maximum(upper - 0.5, 0.0)
    out[next(k)] = ta.CDLENGULFING(o, h, l, c) / 100.0
    inside = np.zeros(n)
    inside[1:] = 0.5 * (np.sign(np.diff(l)) - np.sign(np.diff(h)))
    out[next(k)] = inside
    first, middle = np.full(n, np.nan), np.full(n, np.nan)
    first[2:], middle[1:] = body[:-2], 1.0 - size[:-1]
    out[next(k)] = np.maximum(-first, 0.0) * middle * np.maximum(body, 0.0) - np.maximum(
        first, 0.0
    ) * middle * np.maximum(-body, 0.0)
    sign = np.sign(r1)
    step = sign * size
    same, summed = np.zeros(n), np.zeros(n)
    same[2:] = sign[2:] + sign[1:-1] + sign[:-2]
    summed[2:] = step[2:] + step[1:-1] + step[:-2]
    out[next(k)] = np.where(np.abs(same) == 3.0, summed / 3.0, 0.0)
    # price
    intraday = np.log(c / o)
    gap = r1 - intraday
    out[next(k)] = r1
    for lag in (2, 3, 5, 10):
        out[next(k)] = diff(logc, lag)
    out[next(k)] = r21
    out[next(k)] = gap
    out[next(k)] = ta.SUM(gap, 21)
    out[next(k)] = intraday
    wide = np.log(h / l)
    out[next(k)] = wide
    out[next(k)] = (c - l) / spread
    # structure
    high20, low20 = ta.MAX(h, 20), ta.MIN(l, 20)
    for top in (high20, ta.MAX(h, 63), ta.MAX(h, 252)):
        out[next(k)] = np.log(c / top)
    for bottom in (low20, ta.MIN(l, 63), ta.MIN(l, 252)):
        out[next(k)] = np.log(c / bottom)
    at = np.arange(n)
    out[next(k)] = (at - ta.MAXINDEX(h, 252)) / 252.0
    out[next(k)] = (at - ta.MININDEX(l, 252)) / 252.0
    out[next(k)] = logc - ta.MAX(logc, 126)
    higher, lower_ = np.zeros(n), np.zeros(n)
    higher[1:] = h[1:] > h[:-1]
    lower_[1:] = l[1:] < l[:-1]
    out[next(k)] = ta.SMA(higher, 20)
    out[next(k)] = ta.SMA(lower_, 20)
    out[next(k)] = r21 / ta.SUM(np.abs(r1), 21)
    turn = np.ones(n, dtype=bool)
    turn[1:] = sign[1:] != sign[:-1]
    run = at - np.maximum.accumulate(np.where(turn, at, 0)) + 1
    out[next(k)] = sign * np.minimum(run, 10) / 10.0
    r5 = diff(logc, 5)
    mean5 = ta.SMA(r5, 63)
    square = r1 * r1
    mean63, square63 = ta.SMA(r1, 63), ta.SMA(square, 63)
    var63 = square63 - mean63 * mean63
    out[next(k)] = (ta.SMA(r5 * r5, 63) - mean5 * mean5) / (5.0 * var63)
    percent = 100.0 * r1
    for length in (21, 63):
        column = np.full(n, np.nan)
        column[1:] = ta.CORREL(percent[1:], percent[:-1], length)
        out[next(k)] = column
    pivot = np.full(n, np.nan)
    pivot[1:] = np.log(c[1:] / tp[:-1])
    out[next(k)] = pivot
    # technical
    sma20 = ta.SMA(c, 20)
    sma50, sma200 = ta.SMA(c, 50), ta.SMA(c, 200)
    for average in (ta.SMA(c, 5), ta.SMA(c, 10), sma20, sma50, sma200):
        out[next(k)] = c / average - 1.0
    out[next(k)] = sma50 / sma200 - 1.0
    line, _, histogram = ta.MACD(c)
    out[next(k)] = c / ta.EMA(c, 26) - 1.0
    out[next(k)] = line / c
    out[next(k)] = histogram / c
    deviation = ta.STDDEV(c, 20)
    out[next(k)] = (c - sma20) / (4.0 * deviation) + 0.5
    out[next(k)] = 4.0 * deviation / sma20
    out[next(k)] = (c - ta.EMA(c, 20)) / (2.0 * ta.EMA(tr, 19))
    out[next(k)] = ta.CCI(h, l, c, 20) / 100.0
    out[next(k)] = ta.ADX(h, l, c, 14) / 100.0
    out[next(k)] = ta.PLUS_DI(h, l, c, 14) / 100.0
    out[next(k)] = ta.MINUS_DI(h, l, c, 14) / 100.0
    out[next(k)] = ta.AROONOSC(h, l, 25) / 100.0
    out[next(k)] = ta.LINEARREG_SLOPE(logc, 21)
    # time
    week = 2.0 * np.pi * ((session + 3) % 7) / 5.0
    month = session.astype("datetime64[D]").astype("datetime64[M]")
    number = month.astype(np.int64)
    angle = 2.0 * np.pi * (number % 12) / 12.0
    out[next(k)] = np.sin(week)
    out[next(k)] = np.cos(week)
    out[next(k)] = np.sin(angle)
    out[next(k)] = np.cos(angle)
    out[next(k)] = ((month + 1).astype("datetime64[D]").astype(np.int64) - 1 - session) / 31.0
    quarter = (number - number % 3).astype("datetime64[M]")
    begins = quarter.astype("datetime64[D]").astype(np.int64)
    ends = (quarter + 3).astype("datetime64[D]").astype(np.int64)
    out[next(k)] = (session - begins) / (ends - begins)
    out[next(k)] = np.minimum(np.diff(session, prepend=session[:1]), 10) / 10.0
    # volatility
    out[next(k)] = ta.ATR(h, l, c, 14) / c
    vol5, vol63 = ta.STDDEV(r1, 5), ta.STDDEV(r1, 63)
    out[next(k)] = vol5
    out[next(k)] = ta.STDDEV(r1, 21)
    out[next(k)] = vol63
    out[next(k)] = vol5 / vol63
    out[next(k)] = ta.STDDEV(vol5, 63) / ta.SMA(vol5, 63)
    losses = np.minimum(r1, 0.0)
    out[next(k)] = np.sqrt(ta.SMA(losses * losses, 21))
    top = np.log(h / o)
    bottom = top - wide
    squares = wide * wide
    out[next(k)] = np.sqrt(ta.SMA(squares, 21) / (4.0 * np.log(2.0)))
    out[next(k)] = np.sqrt(ta.SMA(0.5 * squares - (2.0 * np.log(2.0) - 1.0) * intraday * intraday, 21))
    out[next(k)] = np.sqrt(ta.SMA(top * (top - intraday) + bottom * (bottom - intraday), 21))
    third, fourth = ta.SMA(square * r1, 63), ta.SMA(square * square, 63)
    drift = mean63 * mean63
    out[next(k)] = (third - 3.0 * mean63 * square63 + 2.0 * mean63 * drift) / (var63 * np.sqrt(var63))
    out[next(k)] = (fourth - 4.0 * mean63 * third + 6.0 * drift * square63 - 3.0 * drift * drift) / (
        var63 * var63
    ) - 3.0
    # volume
    volume20 = ta.SMA(v, 20)
    out[next(k)] = v / ta.SMA(v, 5)
    out[next(k)] = v / volume20
    out[next(k)] = (v - volume20) / ta.STDDEV(v, 20)
    dollars = c * v
    out[next(k)] = ta.SMA(dollars, 20) / ta.SMA(dollars, 60) - 1.0
    out[next(k)] = ta.CORREL(percent, v, 21)
    out[next(k)] = ta.MFI(h, l, c, v, 14) / 100.0
    out[next(k)] = ta.SMA((2.0 * c - l - h) / spread * v, 20) / volume20
    out[next(k)] = ta.EMA(r1 * v, 13) / ta.EMA(v, 13)
    out[next(k)] = ta.SMA((v <= 0.0).astype(np.float64), 20)
    out[next(k)] = ta.SMA(sign * v, 20) / volume20
    out[next(k)] = c * volume20 / ta.SMA(tp * v, 20) - 1.0
    return next(k, None)
