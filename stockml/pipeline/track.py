"""The track record: what settled forecasts were worth, per symbol, horizon and version, from the ledger alone."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from stockml import files
from stockml.clock import stamp
from stockml.environment import Environment
from stockml.evaluation.shares import wilson
from stockml.ledger import outcomes as outcome_ledger
from stockml.ledger.chain import head
from stockml.ledger.outcomes import FARED, SAID
from stockml.ledger.schema import CHAINS

if TYPE_CHECKING:
    from stockml.arrays import Flags, Floats

Row = sqlite3.Row
Group = tuple[str, int, list[Row]]  # symbol, horizon, their settled forecasts by session
MODELS, SIGNALS = outcome_ledger.MADE
_OWNER = itemgetter(SAID.index("symbol"), SAID.index("horizon"))  # by place: by name it takes five times as long
_SESSION = itemgetter(SAID.index("session"))
FEW = 50  # up to so many symbols are asked for one by one, more are read in one pass


@dataclass(frozen=True)
class Outcomes:
    """The settled forecasts of one symbol and horizon in session order, aligned arrays, one entry a forecast.

    `session` is in days since 1970-01-01 (int32); `hit`, `up`, `in80`, `in90` are flags; `error` and `naive_error`
    relative price errors, fractions; `probability` that of up as it was told; `winkler80` and `winkler90` interval
    scores and `total_return` in log returns; `version` the names.
    """

    session: Any
    hit: Flags
    up: Flags
    in80: Flags
    in90: Flags
    error: Floats
    naive_error: Floats
    probability: Floats
    total_return: Floats
    winkler80: Floats
    winkler90: Floats
    version: tuple[str, ...]


def outcomes(
    env: Environment, symbol: str, horizon: int, version: str | None = None, since: str | None = None
) -> Outcomes:
    """The settled forecasts of a symbol and horizon by the clock's now, of one version or all.

    Without a version the earliest forecast of each session counts. `since` is the first session, as YYYY-MM-DD.
    """
    import numpy as np

    rows = outcome_ledger.settled(env.ledger, env.config.data.interval, env.clock, symbol, version=version)
    chosen = [row for row in rows if row["horizon"] == horizon and (since is None or row["session"] >= since[:10])]
    chosen = _first_of_sessions(chosen)

    def column(name: str, kind: Any = np.float64) -> Any:
        return np.array([row[name] for row in chosen], dtype=kind)

    returns = column("total_return")
    return Outcomes(
        np.array([row["session"] for row in chosen], dtype="datetime64[D]").astype(np.int32),
        column("direction_hit", np.bool_), returns > 0.0, column("in80", np.bool_), column("in90", np.bool_),
        column("error_pct"), column("naive_error_pct"), column("probability_up"), returns,
        column("winkler80"), column("winkler90"), tuple(row["version"] for row in chosen),
    )  # fmt: skip


def _first_of_sessions(rows: Iterable[Row]) -> list[Row]:
    """One forecast a session, the earliest: versions that spoke later of the same session do not count twice."""
    return [next(of_session) for _, of_session in groupby(rows, _SESSION)]


def of(env: Environment, symbols: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The record of each symbol with forecasts: {"settled", "void", "pending", "horizons": {"1": PARTS, "5": PARTS}}.

    PARTS is {"pooled", "by_version": {VERSION: …}, "signals"}, each as `figures` makes them; "pooled" takes the
    earliest forecast of each session, "signals" is the rule signals' own record or None.
    """
    few: list[str | None] = [*symbols] if len(symbols) <= FEW else [None]
    counts: dict[str, dict[str, int]] = {}
    for one in few:
        counts.update(outcome_ledger.counts(env.ledger, env.config.data.interval, env.clock, one))
    wanted = {symbol: counts[symbol] for symbol in symbols if symbol in counts}
    return _records(wanted, _groups(env, MODELS, few), _groups(env, SIGNALS, few))


def _records(
    counts: Mapping[str, Mapping[str, int]], models: Iterable[Group], signals: Iterable[Group]
) -> dict[str, dict[str, Any]]:
    """The record of each symbol that forecasts are counted of."""
    found: dict[str, dict[str, Any]] = {symbol: {**counted, "horizons": {}} for symbol, counted in counts.items()}
    for symbol, horizon, rows in models:
        if symbol in found:
            found[symbol]["horizons"][str(horizon)] = _parts(rows, horizon)
    for symbol, horizon, rows in signals:
        parts = found[symbol]["horizons"].get(str(horizon)) if symbol in found else None
        if parts is not None:
            parts["signals"] = figures(rows, horizon)
    return found


def _parts(rows: Sequence[Row], horizon: int) -> dict[str, Any]:
    """All forecasts and each version's, of one symbol and horizon."""
    whole = figures(_first_of_sessions(rows), horizon)
    by_version: dict[str, list[Row]] = {}
    for row in rows:
        by_version.setdefault(row["version"], []).append(row)
    if len(by_version) == 1:
        own = dict.fromkeys(by_version, whole)
    else:
        own = {name: figures(part, horizon) for name, part in sorted(by_version.items())}
    return {"pooled": whole, "by_version": own, "signals": None}


def _groups(env: Environment, table: str, symbols: Sequence[str | None], since: str = "") -> Iterator[Group]:
    """The settled forecasts of each symbol and horizon; [None] stands for all symbols."""
    for symbol in symbols:
        rows = outcome_ledger.settled(env.ledger, env.config.data.interval, env.clock, symbol, table, since=since)
        for (name, horizon), part in groupby(rows, _OWNER):
            yield name, horizon, list(part)


def figures(rows: Sequence[Row], horizon: int) -> dict[str, Any]:
    """What forecasts of one horizon were worth: direction, price and intervals beside the naive forecasts.

    Fractions; Winkler scores in log returns. The intervals of shares are Wilson's with one observation a `horizon`
    sessions, since longer forecasts overlap. Sums are exact (math.fsum), so that a record can be recomputed from the
    export to the last digit, in any order.
    """
    told = dict(zip((*SAID, *FARED), zip(*rows, strict=True), strict=True)) if rows else _NOTHING
    up = told["probability_up"]
    return {
        "n": len(rows),
        "sessions": [rows[0]["session"], rows[-1]["session"]] if rows else None,
        "direction": {**_share(told["direction_hit"], horizon, "accuracy"), "naive": _mean(told["naive_hit"])},
        "price": _price(told["error_pct"], told["naive_error_pct"]),
        "interval": {
            name: {"nominal": float(name) / 100, **_share(told[f"in{name}"], horizon, "coverage"),
                   "winkler": _mean(told[f"winkler{name}"])}
            for name in ("80", "90")
        },
        "confidence": {"mean": _mean([max(one, 1.0 - one) for one in up])},
    }  # fmt: skip


_NOTHING: dict[str, Sequence[Any]] = dict.fromkeys((*SAID, *FARED), ())


def _price(errors: Sequence[float | None], naive_errors: Sequence[float | None]) -> dict[str, Any]:
    """The signals tell no price; their errors are all None."""
    mape = _mean(errors)
    naive = _mean(naive_errors) if mape is not None else None
    skill = 1.0 - mape / naive if mape is not None and naive else None
    return {"n": len(errors) - errors.count(None), "mape": mape, "naive_mape": naive, "skill": skill}


def _share(hits: Sequence[int | None], horizon: int, name: str) -> dict[str, Any]:
    told = [one for one in hits if one is not None]
    if not told:
        return {"n": 0, "hits": 0, name: None, "low": None, "high": None}
    count, independent = sum(told), max(1.0, len(told) / horizon)
    low, high = wilson(count / len(told) * independent, independent)
    return {"n": len(told), "hits": count, name: count / len(told), "low": low, "high": high}


def _mean(values: Sequence[float | None]) -> float | None:
    told = [one for one in values if one is not None]
    return math.fsum(told) / len(told) if told else None


def pooled(env: Environment, since: str = "") -> dict[str, Any]:
    """`figures` of the whole fleet by horizon, one forecast a symbol and session, of those settled since a stamp.

    Forecasts of one session share its market, so here the intervals are bootstrapped over blocks of sessions
    (`significance.share_intervals`).
    """
    return _pooled(_groups(env, MODELS, [None], since))


def _pooled(groups: Iterable[Group]) -> dict[str, Any]:
    by_horizon: dict[int, list[Row]] = {}
    for _, horizon, rows in groups:
        by_horizon.setdefault(horizon, []).extend(_first_of_sessions(rows))
    return {
        str(horizon): _by_blocks(figures(sorted(rows, key=_SESSION), horizon), rows, horizon)
        for horizon, rows in sorted(by_horizon.items())
    }  # fmt: skip


def _by_blocks(told: dict[str, Any], rows: Sequence[Row], horizon: int) -> dict[str, Any]:
    import numpy as np

    from stockml.evaluation.significance import share_intervals

    parts = (told["direction"], told["interval"]["80"], told["interval"]["90"])
    hits = np.array([[row["direction_hit"], row["in80"], row["in90"]] for row in rows], dtype=np.bool_)
    session = np.array([row["session"] for row in rows], dtype="datetime64[D]").astype(np.int64)
    for part, span in zip(parts, share_intervals(hits, session, horizon), strict=True):
        part["low"], part["high"] = span or (None, None)
    return told


def write(env: Environment) -> None:
    """Write the record as views under logs/performance/, each replaced in one step: the whole record, and the day's.

    They can be made anew from the ledger at any time; nothing reads them back. The day's file also names where each
    chain ends: a copy of it kept elsewhere shows later whether the ledger's end was cut off.
    """
    folder, now = env.workspace.logs / "performance", stamp(env.clock.now())
    files.make_folder(folder)
    counts = outcome_ledger.counts(env.ledger, env.config.data.interval, env.clock)
    models = list(_groups(env, MODELS, [None]))
    fleet = {"at": now, "pooled": _pooled(models)}
    symbols = _records(counts, models, _groups(env, SIGNALS, [None]))
    files.replace(folder / "accuracy_scores.json", files.pretty_json({**fleet, "symbols": symbols}))
    day = {
        **fleet,
        "day": now[:10],
        "settled_today": pooled(env, since=now[:10]),
        "forecasts": {state: sum(one[state] for one in counts.values()) for state in ("settled", "void", "pending")},
        "ledger": {chain.name: {"rows": (end := head(env.ledger, chain)).number, "hash": end.hash} for chain in CHAINS},
    }
    files.replace(folder / f"metrics_{now[:10].replace('-', '')}.json", files.pretty_json(day))
