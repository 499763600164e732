"""The replaced champion in the shadow of the new one: whether it forecasts on, and whether it has to come back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stockml import files
from stockml.bars import calendar
from stockml.clock import age_days, parse_stamp, stamp, to_day
from stockml.environment import Environment
from stockml.errors import StockmlError
from stockml.ledger import facts
from stockml.ledger import shadow as shadow_ledger
from stockml.store import pointers, versions

if TYPE_CHECKING:
    from stockml.evaluation.replacement import Pairs, Replaced

WHO = "shadow review"  # the name in the promotion log
_PROMOTIONS = 40  # rows of the promotion log that are looked at
_ENDS = ("new_lo90", "new_hi90", "old_lo90", "old_hi90")


@dataclass(frozen=True)
class Shadow:
    """A champion and the one it replaced: since when (a stamp), by which training run, and how many of the configured
    sessions have passed.
    """

    symbol: str
    champion: str
    previous: str
    since: str
    run: str
    passed: int
    sessions: int

    @property
    def forecasts(self) -> bool:
        """Whether the previous champion still forecasts; afterwards its last forecasts are only waited for."""
        return self.passed < self.sessions


def standing(env: Environment, symbol: str) -> Shadow | None:
    """The shadow of a symbol's champion; None where there is none, or it is over.

    Only what training replaced by itself has one. A person who promotes or rolls back has decided, and after a
    rollback the one that came back is not put to the test again.
    """
    total = env.config.shadow.sessions
    change = _last_change(env, symbol)
    if not total or change is None or change["who"] != "train" or not change["previous"]:
        return None
    since = str(change["at"])
    name = calendar.name_for(symbol, env.config.data.calendars)
    cut = env.cut_day(symbol)
    passed = calendar.lag(env.market, name, to_day(parse_stamp(since).date()), cut)
    expired = age_days(versions.made_at(change["previous"]), env.clock.now()) > env.config.expire_days
    if passed > total + max(env.config.horizons) or expired:
        return None
    run = facts.run_of(env.ledger, symbol, change["champion"], since) or since
    return Shadow(symbol, change["champion"], change["previous"], since, run, passed, total)


def _last_change(env: Environment, symbol: str) -> dict[str, Any] | None:
    """The row of the promotion log that made the champion in service one, unless it brought one back."""
    log: Iterator[Any] = facts.promotions(env.ledger, symbol, stamp(env.clock.now()), _PROMOTIONS)
    for row, before in itertools.pairwise(itertools.chain(log, [None])):
        if before is None:
            return row  # type: ignore[no-any-return]
        if row["champion"] != before["champion"]:
            return None if row["champion"] == before["previous"] else row
    return None


def review(env: Environment) -> list[dict[str, Any]]:
    """Judge each training run's promotions by what both champions forecast since; roll back those credibly worse.

    The symbols that one run promoted are judged together, and return together. Returns what was rolled back:
    {"run", "symbols", "sentence", "failed"}. One alert is told for each as long as its cool-down lasts.
    """
    by_run: dict[str, list[Shadow]] = {}
    for symbol in env.config.symbols:
        found = standing(env, symbol)
        if found is not None:
            by_run.setdefault(found.run, []).append(found)
    done = []
    for run, shadows in by_run.items():
        verdict = judge(env, shadows)
        if verdict.worse:
            done.append(_roll_back(env, run, shadows, verdict))
    _tell(env)
    return done


def judge(env: Environment, shadows: Sequence[Shadow]) -> Replaced:
    """The sequential test of some symbols' promotions on the forecasts settled by now."""
    from stockml.evaluation import replacement

    return replacement.judge(_pairs(env, shadows))


def _pairs(env: Environment, shadows: Sequence[Shadow]) -> dict[int, Pairs]:
    import numpy as np

    from stockml.evaluation.replacement import Pairs

    interval = env.config.data.interval
    rows = [
        row
        for one in shadows
        for row in shadow_ledger.pairs(
            env.ledger, one.symbol, interval, one.champion, one.previous, one.since, env.clock
        )
    ]
    made = {}
    for horizon in sorted({row["horizon"] for row in rows}):
        own = [row for row in rows if row["horizon"] == horizon]
        last = np.array([row["last_close"] for row in own])
        ends = [np.log(np.array([row[side] for row in own]) / last) for side in _ENDS]
        ups = [np.array([row[name] for row in own]) for name in ("new_up", "old_up")]
        session = np.array([row["session"] for row in own], dtype="datetime64[D]").astype(np.int32)
        made[horizon] = Pairs(session, np.array([row["total_return"] for row in own]), *ups, *ends)
    return made


def compared(env: Environment, shadows: Sequence[Shadow]) -> dict[str, Any] | None:
    """How the comparison of some symbols' promotions stands, as `why` tells it; None before anything has settled."""
    interval = env.config.data.interval
    given = ((one.symbol, interval, one.champion, one.previous, one.since, env.clock) for one in shadows)
    if not any(shadow_ledger.pairs(env.ledger, *one) for one in given):
        return None
    verdict = judge(env, shadows)
    return {"odds": verdict.odds, "loss": verdict.loss, "compared": verdict.sessions, "sentence": sentence(verdict)}


def sentence(verdict: Replaced) -> str:
    """What the comparison says, in words."""
    from stockml.evidence import SHADOW_ODDS

    if verdict.loss is None:
        return "nothing that both forecast has settled yet"
    return (
        f"the {verdict.part} loss {verdict.horizon} ahead is {verdict.loss:.2f} times that of the one before "
        f"over {verdict.sessions} sessions, odds {verdict.odds:.3g} of {SHADOW_ODDS:g}"
    )


def _roll_back(env: Environment, run: str, shadows: Sequence[Shadow], verdict: Replaced) -> dict[str, Any]:
    from stockml.store import golden

    told = f"worse than what it replaced: {sentence(verdict)}"
    figures = {**verdict._asdict(), "run": run, "symbols": [one.symbol for one in shadows]}
    back, failed = [], []
    for one in shadows:
        try:
            with files.lock(env.workspace.symbol_folder(one.symbol) / "lock", what="shadow review", symbol=one.symbol):
                if _stands(env, one):
                    golden.load(versions.read(env.workspace, one.symbol, one.previous))
                    given = (one.previous, env.clock, WHO, told, figures)
                    pointers.promote(env.workspace, env.ledger, one.symbol, *given)
                    back.append(one.symbol)
        except StockmlError as error:
            failed.append(f"{one.symbol}: {error.message}")  # what stands stays, and is judged again next time
    return {"run": run, "symbols": back, "sentence": told, "failed": failed}


def _stands(env: Environment, one: Shadow) -> bool:
    live = pointers.standing(env.workspace, env.ledger, one.symbol, env.clock)
    return live is not None and (live["champion"], live["previous"]) == (one.champion, one.previous)


def rolled_back(env: Environment, symbol: str) -> dict[str, Any] | None:
    """The promotion log's row of a rollback by the review that still stands; None without one."""
    log = facts.promotions(env.ledger, symbol, stamp(env.clock.now()), _PROMOTIONS)
    for row, before in itertools.pairwise(log):
        if row["champion"] != before["champion"]:
            return row if row["who"] == WHO else None
    return None


def _tell(env: Environment) -> None:
    """One alert for each rollback, open until its cool-down is over."""
    from stockml import alerts
    from stockml.alerts import Cause

    found: dict[str, list[str]] = {}
    words: dict[str, str] = {}
    for symbol in env.config.symbols:
        row = rolled_back(env, symbol)
        if row is None or age_days(row["at"], env.clock.now()) > env.config.retrain.cooldown_days:
            continue
        run = str((row["figures"] or {}).get("run", row["at"]))
        found.setdefault(run, []).append(symbol)
        words[run] = str(row["reason"])
    causes = [
        Cause(f"shadow:{run}", "warning", "champions rolled back", f"the new champion is {words[run]}", tuple(symbols))
        for run, symbols in found.items()
    ]
    alerts.update(env, causes, "shadow")
