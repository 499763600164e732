"""Whether each symbol's bars are there, new enough and sound."""

from __future__ import annotations

from stockml.bars import calendar, health, reader, store, update
from stockml.bars.series import COLUMNS, Bars
from stockml.clock import from_day
from stockml.environment import Environment
from stockml.errors import DataError
from stockml.monitor.finding import Finding, plural
from stockml.monitor.watch import Watch

NAME, ORDER = "bars", 10
ENOUGH = 260  # sessions: at most 60 newest bars are judged, and three after a jump


def check(watch: Watch) -> list[Finding]:
    """One finding a symbol, and one of the benchmark, which every forecast looks at, where it is not of the fleet."""
    env = watch.env
    everyone = list(watch.symbols)
    benchmark = env.config.data.benchmark
    if benchmark and benchmark not in env.config.symbols and env.config.data.providers != ("sample",):
        everyone.append(benchmark)
    stored = store.newest(env.market, env.config.data.interval)
    cuts = reader.cut_days(env.market, env.config, everyone, env.clock)
    lags: dict[tuple[str, int], int] = {}
    return [_of(env, symbol, stored.get(symbol), cuts[symbol], lags) for symbol in everyone]


def _newest(bars: Bars) -> Bars:
    """What the judgement of the newest bars looks at; all of them where only older ones may have had volume."""
    part = Bars(bars.symbol, *(getattr(bars, name)[-ENOUGH:] for name in COLUMNS))
    return part if part.volume.any() else bars


def _of(
    env: Environment, symbol: str, stored: store.Newest | None, cut: int, lags: dict[tuple[str, int], int]
) -> Finding:
    if stored is None or not stored.rows:
        return Finding(NAME, "no_bars", symbol, "bad", "no bars are stored")
    name = calendar.name_for(symbol, env.config.data.calendars)
    last = min(stored.last, cut)
    if (name, last) not in lags:
        lags[name, last] = calendar.lag(env.market, name, last, cut)
    lag, limit = lags[name, last], env.config.data.max_stale_sessions
    figures = {"data_through": from_day(last).isoformat(), "lag_sessions": lag, "source": stored.outcome}
    old = f"the newest bar is of {from_day(last)}, {plural(lag, 'session')} old"
    if lag > limit:
        why = f": {stored.outcome}: {stored.message}" if stored.outcome in update.FAILURES else ""
        kind = "source" if stored.outcome in update.DOWN else "stale"
        return Finding(NAME, kind, symbol, "bad", f"{old}, limit {limit}{why}", figures)
    try:
        bars = store.read(env.market, symbol, env.config.data.interval, cut, int(env.clock.now().timestamp()))
        newest = None if bars is None else _newest(bars)
        doubt = health.blocked(env.market, env.config, symbol, cut, env.clock, newest) if newest is not None else ""
    except DataError as error:
        return Finding(NAME, "damaged", symbol, "bad", error.message, figures)
    if doubt:
        return Finding(NAME, "unhealthy", symbol, "bad", f"its newest bars are not sound: {doubt}", figures)
    if stored.outcome in update.DOWN:
        return Finding(NAME, "source", symbol, "warn", f"{stored.outcome}: {stored.message}; {old}", figures)
    if lag:  # one session may be on its way
        kind = "behind" if lag > 1 else "late"
        return Finding(NAME, kind, symbol, "warn", f"{old}; up to {limit} are allowed", figures, silent=lag == 1)
    return Finding(NAME, "new", symbol, "ok", f"through {from_day(last)}", figures)
