"""Why a symbol stands where it stands: champion, last decision, what is due and what is not, shadow, data, forecast.

From pointers, manifests and the ledger. Only a shadow that is being compared takes arithmetic.
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

from stockml import triggers
from stockml.bars import calendar, store
from stockml.clock import age_days, from_day, stamp
from stockml.environment import Environment
from stockml.errors import ModelError
from stockml.ledger import facts, forecasts
from stockml.pipeline import codes, due, promises, shadow, track
from stockml.pipeline.codes import Reason
from stockml.store import pointers, versions
from stockml.triggers import Watched

PROMOTIONS = 5  # newest rows of the promotion log that are told


def why(env: Environment, symbol: str) -> dict[str, Any]:
    """`result` of `why`: the facts, and `reasons`, the same in words with the codes of `codes.CODES`."""
    now = stamp(env.clock.now())
    problem = ""
    try:
        live = pointers.as_of(env.workspace, env.ledger, symbol, env.clock)
    except ModelError as error:
        live, problem = facts.pointers_as_of(env.ledger, symbol, now), error.message
    champion = _champion(env, symbol, str(live["champion"])) if live else None
    problem = problem or (champion["problem"] if champion else "")
    version, since = (str(live["champion"]), str(live["since"])) if live else ("", "")
    known = _facts(env, symbol, version, since, due.fleet_fault(env))
    told = {
        "symbol": symbol,
        "champion": champion,
        "previous": live and live["previous"],
        "challenger": live and live["challenger"],
        "since": live and live["since"],
        "why": live and live["why"],
        "problem": problem or None,
        "decision": facts.latest_decision(env.ledger, symbol, now),
        "promotions": list(facts.promotions(env.ledger, symbol, now, PROMOTIONS)),
        "trials": facts.trials(env.ledger, symbol, env.clock),
        "due": triggers.reasons(known, env.config.retrain) if not problem else [],
        "blocked": triggers.blockers(known, env.config.retrain),
        "distance": triggers.distance(known, env.config.retrain),
        "live": _live(env, symbol, champion),
        "shadow": _shadow(env, symbol),
        "data": _data(env, symbol),
        "forecast": forecasts.last(env.ledger, symbol, env.config.data.interval, env.clock),
        "next_check": _next_settled(env, symbol),
    }
    return {**told, "reasons": [one._asdict() for one in _reasons(told, env.config.data.max_stale_sessions)]}


def distance(env: Environment, symbol: str, fault: str) -> list[dict[str, Any]]:
    """The `distance` of `why` alone; `fault` is the fleet's trouble, as `due.fleet_fault` tells it."""
    live = pointers.standing(env.workspace, env.ledger, symbol, env.clock)
    version, since = (str(live["champion"]), str(live["since"])) if live else ("", "")
    return triggers.distance(_facts(env, symbol, version, since, fault), env.config.retrain)


def _facts(env: Environment, symbol: str, version: str, since: str, fault: str) -> triggers.Facts:
    """What `train` would be told of the symbol and its champion (or ""), and how far the tests are from firing."""
    respects = env.config.retrain.avoid_market_hours
    known = due.facts_of(env, symbol, fault, respects)
    watched = list(promises.watched(env, symbol, version, since)) if version else []
    waiting = [] if known.evidence else due.open_evidence(env, symbol)
    judged = None if known.trained_hours is None else known.trained_hours / 24.0
    if waiting and judged is not None:
        left = env.config.retrain.cooldown_days - judged
        watched += [Watched("waits", f"{one} (counts again in {left:.1f} days)", None) for one in waiting]
    return dataclasses.replace(known, watched=tuple(watched))


def _champion(env: Environment, symbol: str, version: str) -> dict[str, Any]:
    """What its manifest says of the champion, without loading its model."""
    age = age_days(versions.made_at(version), env.clock.now())
    told: dict[str, Any] = {
        "version": version,
        "age_days": age,
        "expires_in_days": env.config.expire_days - age,
        "problem": "",
    }
    try:
        path = versions.folder(env.workspace, symbol, version) / versions.MANIFEST
        manifest = versions.parse_manifest(path.read_bytes(), symbol, version)
    except ModelError as error:
        return {**told, "problem": error.message}
    except OSError as error:
        return {**told, "problem": f"{symbol}: version {version} cannot be read ({error.strerror})"}
    return {
        **told,
        **{key: manifest[key] for key in ("made_at", "recipe", "quick", "data", "trials", "gate")},
        "figures": manifest["validation"]["pooled"],
        "shows": manifest.get("shows"),
    }


def _live(env: Environment, symbol: str, champion: dict[str, Any] | None) -> dict[str, Any]:
    """The champion's own settled forecasts of the symbol, by horizon."""
    if champion is None:
        return {}
    horizons = track.of(env, [symbol]).get(symbol, {}).get("horizons", {})
    own = {h: parts["by_version"].get(champion["version"]) for h, parts in horizons.items()}
    return {h: found for h, found in own.items() if found}


def _shadow(env: Environment, symbol: str) -> dict[str, Any] | None:
    """The replaced champion beside this one, judged with the others that its training run promoted."""
    mine = shadow.standing(env, symbol)
    if mine is None:
        return None
    others = (shadow.standing(env, one) for one in env.config.symbols if one != symbol)
    together = [mine, *(one for one in others if one is not None and one.run == mine.run)]
    told = {"previous": mine.previous, "since": mine.since, "passed": mine.passed, "sessions": mine.sessions}
    told |= {"forecasts": mine.forecasts, "symbols": [one.symbol for one in together]}
    compared = shadow.compared(env, together)
    return {**told, **(compared or {"sentence": "nothing that both forecast has settled yet", "odds": None})}


def _data(env: Environment, symbol: str) -> dict[str, Any]:
    """How far the bars reach, and what the source said last."""
    stored = store.newest_of(env.market, symbol, env.config.data.interval)
    if stored is None or not stored.rows:
        return {"through": None, "lag_sessions": None, "outcome": stored.outcome if stored else "", "message": ""}
    last = min(stored.last, env.cut_day(symbol))
    lag = env.lag_sessions(symbol, last)
    told = {"through": from_day(last).isoformat(), "lag_sessions": lag}
    return {**told, "outcome": stored.outcome, "message": stored.message}


def _next_settled(env: Environment, symbol: str) -> str | None:
    """When the next session's bar will have settled: the earliest moment at which anything new can be known."""
    name = calendar.name_for(symbol, env.config.data.calendars)
    return calendar.next_settled(env.market, name, env.cut_day(symbol), env.config.data.settle_minutes)


def _reasons(told: dict[str, Any], limit: int) -> list[Reason]:
    """Everything above in words, by what it is about."""
    found = [Reason("training", codes.of_trigger(one), one) for one in told["due"]]
    found = found or [Reason("training", "nothing_due", codes.CODES["nothing_due"])]
    found += [Reason("held back", codes.of_trigger(one), one) for one in told["blocked"]]
    found += [
        Reason("held back", "evidence_waits", one["sentence"])
        for one in told["distance"] if one["name"] == "evidence: waits"
    ]  # fmt: skip
    decision = told["decision"]
    code = codes.of_decision(decision)
    found.append(Reason("decision", code, "; ".join(decision["reasons"]) if decision else codes.CODES[code]))
    code = codes.of_promotion(_made_champion(told["promotions"]), told["problem"] or "")
    found.append(Reason("champion", code, told["problem"] or told["why"] or codes.CODES[code]))
    return [*found, _shadow_reason(told["shadow"]), _data_reason(told["data"], limit), _forecast_reason(told)]


def _made_champion(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The row that put the champion in service, among the newest of the log."""
    same = list(itertools.takewhile(lambda row: row["champion"] == rows[0]["champion"], rows))
    return same[-1] if same else None


def _shadow_reason(found: dict[str, Any] | None) -> Reason:
    if found is None:
        return Reason("shadow", "no_shadow", codes.CODES["no_shadow"])
    code = "shadow_forecasts" if found["forecasts"] else "shadow_waits"
    done = f"{min(found['passed'], found['sessions'])} of {found['sessions']} sessions, {len(found['symbols'])} symbols"
    return Reason("shadow", code, f"{found['previous']} forecasts beside it, {done}: {found['sentence']}")


def _data_reason(data: dict[str, Any], limit: int) -> Reason:
    lag = data["lag_sessions"]
    code = codes.of_data(lag, data["outcome"], limit)
    behind = "" if lag is None else "up to date" if lag == 0 else f"{lag} session{'' if lag == 1 else 's'} behind"
    source = f"; source: {data['outcome']}" + (f", {data['message']}" if data["message"] else "")
    return Reason("data", code, f"through {data['through']}, {behind}{source}" if data["through"] else "no bars")


def _forecast_reason(told: dict[str, Any]) -> Reason:
    last = told["forecast"]
    code = codes.of_forecast(last)
    if last is None:
        return Reason("forecast", code, codes.CODES[code])
    if last["abstained"]:
        return Reason("forecast", code, f"of {last['session']}, made {last['made_at']}: {codes.CODES[code]}")
    ups = ", ".join(f"{h} ahead up {100 * up:.0f} %" for h, up in last["probability_up"].items())
    return Reason("forecast", code, f"of {last['session']}, made {last['made_at']}: {ups}")
