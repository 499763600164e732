"""Everything that `report` tells, as one document: fleet, record, leanings, promotions, what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stockml.clock import stamp
from stockml.environment import Environment
from stockml.errors import ModelError
from stockml.evaluation import blocks
from stockml.ledger import facts
from stockml.pipeline import due, explain, overview, settled
from stockml.pipeline.record import Forecast
from stockml.pipeline.standing import STATES
from stockml.store import versions

FANS = 32  # drawings of forecasts, one a symbol and horizon: a fleet of the default size is told whole
SHOWN = 100  # symbols in tables and in the figures by symbol, those that most need a look
CHANGES, PER_SYMBOL = 200, 20  # promotions and decisions told, and those looked at of a symbol
DRAWN = 60  # newest forecasts of a symbol that are drawn
FAN = ("session", "target_session", "last_close", "price", "lo80", "hi80", "lo90", "hi90", "probability_up",
       "status", "settled_close", "in80", "in90")  # fmt: skip


def build(
    env: Environment, symbols: Sequence[str], first: str | None = None, last: str | None = None
) -> tuple[dict[str, Any], list[str]]:
    """The `result` of `report` (docs/schemas/report.json), and warnings. Nothing is fetched, settled or written.

    `symbols` may be empty, for the whole fleet. `first` and `last` (YYYY-MM-DD) bound the sessions of the forecasts
    that are judged and drawn. Figures are fractions. Of more than `SHOWN` symbols those that most need a look are
    told one by one, and as many at length as give `FANS` drawings; the pooled figures are of all.
    """
    chosen = list(symbols) or list(env.config.symbols)
    fleet = overview.fleet(env, chosen, SHOWN)
    shown = [row["symbol"] for row in fleet["symbols"]]
    urgent = sorted(fleet["symbols"], key=lambda row: STATES.index(row["state"]))
    detailed = [row["symbol"] for row in urgent[: max(1, FANS // len(env.config.horizons))]]
    found = settled.settled(env, chosen, first, last)
    fault = due.fleet_fault(env)
    document = {
        "made_at": stamp(env.clock.now()),
        "as_of": env.clock.as_of.isoformat() if env.clock.as_of else None,
        "home": str(env.workspace.home),
        "asked": list(symbols),
        "from": first,
        "to": last,
        "n_symbols": len(chosen),
        "fleet": {"states": fleet["states"], "rows": fleet["symbols"]},
        "record": {**settled.counts_of(found), "span": found.span and list(found.span), "horizons": _horizons(found)},
        "newest": _newest(env, fleet["symbols"]),
        "changes": _changes(env, chosen, shown),
        "triggers": {symbol: explain.distance(env, symbol, fault) for symbol in shown},
        "details": {symbol: _detail(env, symbol, first, last) for symbol in shown if symbol in detailed},
    }
    return document, found.problems


def _horizons(found: settled.Settled) -> dict[str, Any]:
    """The figures of each horizon. By symbol only where those are few enough to be read."""
    few = len(found.symbols) <= SHOWN
    return {str(h): blocks.splits(rows, found.symbols, by_symbol=few) for h, rows in found.rows.items()}


def _newest(env: Environment, rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """What the newest champion's manifest says: held-out figures, pooled, and what its direction model leans on."""
    made = [row for row in rows if row["trained_at"] is not None]
    if not made:
        return None
    row = max(made, key=lambda row: (row["trained_at"], row["symbol"]))
    symbol, version = row["symbol"], row["champion"]
    try:
        content = (versions.folder(env.workspace, symbol, version) / versions.MANIFEST).read_bytes()
        manifest = versions.parse_manifest(content, symbol, version)
    except (OSError, ModelError):
        return None  # the symbol's own row tells that it cannot be read
    told = {"symbol": symbol, **{key: manifest[key] for key in ("version", "made_at", "recipe", "trials")}}
    return {**told, "held_out": manifest["validation"]["pooled"], "importance": manifest.get("importance", {})}


def _changes(env: Environment, symbols: Sequence[str], shown: Sequence[str]) -> dict[str, Any]:
    """The newest promotions of some symbols and decisions on those shown, the newest first, and how many were left out.

    A decision that moved a pointer is told by the promotion.
    """
    now = stamp(env.clock.now())
    found = []
    for symbol in symbols:
        moved = list(facts.promotions(env.ledger, symbol, now, PER_SYMBOL))
        found += [_promotion(symbol, row) for row in moved]
        told = {row[role] for row in moved for role in ("champion", "challenger")}
        judged = facts.decisions(env.ledger, symbol, now, PER_SYMBOL) if symbol in shown else []
        found += [_decision(symbol, row) for row in judged if row["version"] not in told]
    found.sort(key=lambda one: (one["at"], one["symbol"]), reverse=True)
    return {"rows": found[:CHANGES], "left_out": max(0, len(found) - CHANGES)}


def _promotion(symbol: str, row: dict[str, Any]) -> dict[str, Any]:
    """One row of the promotion log; it `waits` if it only set a challenger beside the champion."""
    waits = row["challenger"] is not None
    kind = "waits" if waits else {"train": "deployed", "shadow review": "rolled_back"}.get(row["who"], "by_hand")
    return {
        "symbol": symbol, "at": row["at"], "kind": kind, "who": row["who"],
        "version": row["challenger"] if waits else row["champion"], "reason": row["reason"],
    }  # fmt: skip


def _decision(symbol: str, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "symbol": symbol, "at": row["made_at"], "kind": "refused" if row["result"] == "fail" else "undecided",
        "who": "gate", "version": row["version"], "reason": "; ".join(row["reasons"]),
    }  # fmt: skip


def _detail(env: Environment, symbol: str, first: str | None, last: str | None) -> dict[str, Any]:
    """What `why` says in words, and by horizon the newest forecasts beside their outcomes, the oldest first."""
    why = explain.why(env, symbol)
    made: dict[str, list[Forecast]] = {}
    for one in settled.of_symbol(env, symbol):
        if (first or "") <= one["session"] <= (last or "9999"):
            made.setdefault(str(one["horizon"]), []).append(one)
    told = {key: why[key] for key in ("reasons", "due", "blocked", "next_check", "trials")}
    return {**told, "fans": {horizon: _fan(rows[-DRAWN:]) for horizon, rows in sorted(made.items())}}


def _fan(rows: Sequence[Forecast]) -> dict[str, Any]:
    """Forecasts as they are drawn, and how many of the settled ones lie in their intervals."""
    judged = [one for one in rows if one["status"] == "settled" and one["in90"] is not None]
    inside = {name: sum(bool(one[name]) for one in judged) for name in ("in80", "in90")}
    counts = {"settled": len(judged), "waiting": sum(one["status"] == "pending" for one in rows), **inside}
    return {**counts, "rows": [{name: one[name] for name in FAN} for one in rows]}
