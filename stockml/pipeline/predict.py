"""Prediction: champions, loaded and checked, forecast the newest session; the ledger keeps what they said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from stockml import files
from stockml.bars import calendar, reader, update
from stockml.bars.series import Series
from stockml.clock import age_days, from_day, stamp
from stockml.environment import Environment
from stockml.errors import DataError, ModelError, StockmlError
from stockml.forecasts import compose, signals, weights
from stockml.ledger import facts, forecasts
from stockml.ledger import signals as signal_ledger
from stockml.models import range_guard
from stockml.models.inputs import Inputs
from stockml.models.model import Model
from stockml.pace import Tell, silent
from stockml.pipeline import memory, shadow, steps
from stockml.store import golden, pointers, versions


def predict(env: Environment, symbols: Sequence[str], tell: Tell = silent) -> dict[str, Any]:
    """Forecast each symbol at each horizon with its champion and write the forecasts to the ledger.

    Returns {"forecasts", "shadows", "errors", "warnings", "source_is_down"}; an abstention stands among the
    forecasts. What replaced champions forecast beside their successors stands in the ledger too, and in "shadows".
    """
    outcomes = {one.symbol: one for one in steps.collect(env, tell)}
    series = steps.read_fleet(env)
    made: list[dict[str, Any]] = []
    errors: list[StockmlError] = []
    loaded: dict[str, tuple[str, Model]] = {}
    abstained: list[dict[str, Any]] = []
    for done, symbol in enumerate(symbols):
        tell("load", done, len(symbols), symbol)
        try:
            found = _champion(env, symbol, series.get(symbol))
        except ModelError as error:
            errors.append(error)
            continue
        if isinstance(found, DataError):
            abstained += _abstain(env, symbol, series.get(symbol), found)
            continue
        loaded[symbol] = found
    ready: dict[bytes, Inputs] = {}
    for done, (symbol, (version, model)) in enumerate(loaded.items()):
        tell("forecast", done, len(loaded), symbol)
        try:
            inputs = _inputs_for(env, model, series, ready)
        except ModelError as error:
            errors.append(error)
            continue
        strange = _out_of_range(inputs, model, symbol, version)
        if strange:
            abstained += _abstain(env, symbol, series.get(symbol), strange)
            continue
        made += _forecast(env, inputs, model, symbol, version, outcomes)
    made, late = _in_time(env, made, series)
    abstained += late
    kept = forecasts.append(env.ledger, made, env.clock) if made else []
    aside = _by_previous(env, made, series, ready, outcomes)
    shadows = forecasts.append(env.ledger, aside, env.clock) if aside else []
    signal_ledger.append(env.ledger, [_by_signals(env, one) for one in made], env.clock)
    order = {symbol: place for place, symbol in enumerate(symbols)}
    everything = sorted(kept + abstained, key=lambda one: (order[one["symbol"]], one["horizon"]))
    down = steps.source_is_down(list(outcomes.values()))
    warnings = _source_warnings(env, outcomes, series)
    told = {"forecasts": everything, "shadows": shadows}
    return {**told, "errors": errors, "warnings": warnings, "source_is_down": down}


def _source_warnings(env: Environment, outcomes: dict[str, update.Result], series: dict[str, Series]) -> list[str]:
    """Say for which symbols the source failed, and how many sessions old the bars are that stand in."""
    down = [one for one in outcomes.values() if one.outcome in update.DOWN]
    if not down:
        return []
    by_age: dict[str, list[str]] = {}
    for one in down:
        bars = series.get(one.symbol)
        age = "no bars" if bars is None or not len(bars) else _age(env.lag_sessions(one.symbol, int(bars.session[-1])))
        by_age.setdefault(age, []).append(one.symbol)
    told = "; ".join(f"{', '.join(symbols)}: {age}" for age, symbols in by_age.items())
    return [f"degraded: the source failed, stored bars were used ({told})"]


def _age(sessions: int) -> str:
    return "up to date" if sessions == 0 else f"{sessions} session{'' if sessions == 1 else 's'} old"


def _champion(env: Environment, symbol: str, series: Series | None) -> tuple[str, Model] | DataError:
    """A symbol's champion, loaded and checked; or, as a value, why the symbol abstains."""
    problem = steps.stale_reason(env, symbol, series)
    if problem:
        return DataError(f"{symbol}: {problem}", symbol=symbol, kind="stale_data", hint="stockml data check")
    live = pointers.as_of(env.workspace, env.ledger, symbol, env.clock)
    if live is None:
        return DataError(
            f"{symbol}: no champion", symbol=symbol, kind="no_champion", hint=f"run 'stockml train {symbol}'"
        )
    version = str(live["champion"])
    age = age_days(versions.made_at(version), env.clock.now())
    if age > env.config.expire_days:
        return DataError(
            f"{symbol}: champion {version} is {age:.0f} days old and expired",
            symbol=symbol,
            kind="expired",
            hint=f"run 'stockml train {symbol}'",
        )
    return version, golden.opened(env.workspace, symbol, version, env.kept).model


def _out_of_range(inputs: Inputs, model: Model, symbol: str, version: str) -> DataError | None:
    """Why a champion has nothing to say of the newest session, as a value; versions without ranges always have."""
    names = range_guard.newest_outside(inputs, symbol, model.parameters.get("ranges", {}))
    if not names:
        return None
    told = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return DataError(
        f"{symbol}: {told} far outside what champion {version} was trained on",
        symbol=symbol,
        kind="outside_training_range",
        hint="stockml data check",
    )


def _abstain(
    env: Environment, symbol: str, series: Series | None, reason: DataError, horizons: Sequence[int] = ()
) -> list[dict[str, Any]]:
    """Record, and return in a forecast's place, why there is none at some horizons, or at all."""
    session = from_day(
        int(series.session[-1]) if series is not None and len(series) else env.cut_day(symbol)
    ).isoformat()
    out = []
    for horizon in horizons or env.config.horizons:
        facts.record_abstention(env.ledger, symbol, horizon, session, reason.kind, env.clock)
        out.append(
            compose.abstention(
                symbol, horizon, env.config.data.interval, session, env.clock.now(), reason.kind, reason.message
            )
        )
    return out


def _in_time(
    env: Environment, made: list[dict[str, Any]], series: dict[str, Series]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(forecasts that may be told, abstentions): none is made of a session that has closed; one made before stays."""
    told, late = [], []
    for one in made:
        if not forecasts.is_late(one, env.clock) or forecasts.is_known(env.ledger, one):
            told.append(one)
            continue
        symbol, bars = one["symbol"], series[one["symbol"]]
        kind = "stale_data" if env.lag_sessions(symbol, int(bars.session[-1])) else "unsettled_data"
        message = f"{symbol}: {one['target_session']} has closed already, and its bar is not there yet"
        late += _abstain(env, symbol, bars, DataError(message, symbol=symbol, kind=kind), (one["horizon"],))
    return told, late


def _inputs_for(env: Environment, model: Model, series: dict[str, Series], ready: dict[bytes, Inputs]) -> Inputs:
    """Inputs as the version's own recipe wants them: its fleet, benchmark, features, whatever the config says now."""
    wanted = {key: model.parameters[key] for key in ("fleet", "benchmark", "families", "extra")}
    key = files.canonical_json(wanted)
    if key not in ready:
        missing = [symbol for symbol in wanted["fleet"] if symbol not in series]
        if missing:
            more = reader.read_series(env.market, env.config, missing, env.clock)
            series.update(more)
        since = min((int(one.session[-1]) for one in series.values() if len(one)), default=None)
        fleet, families, extra = (tuple(wanted[name]) for name in ("fleet", "families", "extra"))
        ready[key] = steps.inputs_of(env, series, fleet, wanted["benchmark"], families, extra, since)
    if list(ready[key].names) != model.parameters["features"]:
        raise ModelError(
            "the version was trained on other features than this stockml computes",
            hint="run 'stockml train --all' after an upgrade",
        )
    return ready[key]


def _forecast(
    env: Environment, inputs: Inputs, model: Model, symbol: str, version: str, outcomes: dict[str, update.Result]
) -> list[dict[str, Any]]:
    series = inputs.fleet[inputs.symbols.index(symbol)]
    day = int(series.session[-1])
    outcome = outcomes.get(symbol)
    warnings = ["degraded"] if outcome and outcome.outcome in update.DOWN else []
    name = calendar.name_for(symbol, env.config.data.calendars)
    around = compose.circumstances(inputs, symbol)
    interval, now = env.config.data.interval, env.clock.now()
    made = []
    for horizon in model.horizons:
        path = memory.of(env).forecast(inputs, model, symbol, horizon, day)
        target = calendar.after(env.market, name, day, horizon)
        if not len(path.row) or target is None:
            continue
        closes_at = calendar.closes(env.market, name, target, target)[target]
        given: dict[str, Any] = {key: float(model.of(horizon)[key]) for key in ("base_rate", "k")}
        given["target_closes_at"] = stamp(datetime.fromtimestamp(closes_at, UTC))
        made.append(compose.forecast(inputs, path, around, version, interval, now, target, warnings, given))
    return made


def _by_previous(
    env: Environment, made: list[dict[str, Any]], series: dict[str, Series], ready: dict[bytes, Inputs],
    outcomes: dict[str, update.Result],
) -> list[dict[str, Any]]:  # fmt: skip
    """What replaced champions forecast of the sessions their successors forecast, as long as they are in shadow.

    One that cannot be read, was a quick one or is outside its training range says nothing.
    """
    aside = []
    for symbol in dict.fromkeys(one["symbol"] for one in made):
        behind = shadow.standing(env, symbol)
        if behind is None or not behind.forecasts:
            continue
        try:
            model, quick = golden.opened(env.workspace, symbol, behind.previous, env.kept)
            inputs = _inputs_for(env, model, series, ready)
        except ModelError:
            continue
        if quick or _out_of_range(inputs, model, symbol, behind.previous):
            continue
        beside = {(one["horizon"], one["session"]) for one in made if one["symbol"] == symbol}
        for one in _forecast(env, inputs, model, symbol, behind.previous, outcomes):
            late = forecasts.is_late(one, env.clock) and not forecasts.is_known(env.ledger, one)
            if (one["horizon"], one["session"]) in beside and not late:
                aside.append({**one, "details": {**one["details"], "shadow": True}})
    return aside


def _by_signals(env: Environment, one: dict[str, Any]) -> dict[str, Any]:
    """What the rule signals alone forecast beside a model's forecast, with the symbol's weights as of now."""
    past = memory.of(env).past(env.ledger, one["symbol"], one["bar_interval"], one["horizon"], env.clock)
    return signals.forecast(one, weights.weights(past, signals.WEIGHTS, one["horizon"]))
