"""What is wrong with a workspace, the worst first, each with since when and the command that helps. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from stockml.evidence import COMMON_FEWEST, COMMON_SHARE
from stockml.pipeline.standing import Standing

Level = Literal["bad", "warn", "note"]
NAMED = 8  # symbols that a command names one by one; for more it is the fleet's
LONGEST_LIST = 30  # symbols of a fleet that are still written out in a command
OWN_KINDS = {  # (check, kind) of alerts about what is looked at here anyway, with newer eyes
    ("bars", "source"), ("bars", "stale"), ("bars", "behind"), ("bars", "no_bars"), ("age", "untrained"),
    ("age", "unreadable"), ("age", "expired"), ("answers", "refused"), ("host", "disk"), ("host", "memory"),
    ("host", "cpu"), ("jobs", "overdue"),
}  # fmt: skip
RANK = (
    "ledger", "market", "disk", "champion", "source", "no_bars", "jobs", "expired", "untrained", "stale", "gone",
    "evidence", "alert", "memory", "quick", "due", "forecast", "schedule", "clock",
)  # fmt: skip
LEVELS: dict[str, Level] = {
    **dict.fromkeys(("alert", "memory", "quick"), "warn"),
    **dict.fromkeys(("due", "forecast", "schedule", "clock"), "note"),
}  # what is not here is bad


class Trouble(NamedTuple):
    """One thing to know: the stable word for it, how bad, in a sentence, since when, and what to do about it."""

    kind: str
    level: Level
    sentence: str
    since: str | None
    command: str
    symbols: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {**self._asdict(), "symbols": list(self.symbols)}


class Alert(NamedTuple):
    """An open alert of the monitor: its key (`check:kind...`), sentence, symbols and when it was opened."""

    key: str
    sentence: str
    symbols: tuple[str, ...]
    opened_at: str


class Damage(NamedTuple):
    """A database that cannot be read (`ledger` or `market`): what is wrong, since when, what helps."""

    kind: str
    sentence: str
    since: str | None
    command: str


@dataclass(frozen=True)
class Facts:
    """What is known of a workspace now.

    `standings` of the fleet by symbol; `repairs` the command for a champion whose files are at fault; `host` and
    `limits` fractions by name; `overdue` sentences with since of scheduled jobs, `is_scheduled` whether any is
    installed; `due` symbols that a training would take now, with the reason; `forecast_of` the newest forecast
    session, `data_of` the newest bar's; `pinned` the day at which the configuration holds the
    clock, and when it was written.
    """

    fleet: Sequence[str]
    standings: Mapping[str, Standing]
    repairs: Mapping[str, str] = field(default_factory=dict)
    damaged: Sequence[Damage] = ()
    host: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    overdue: Sequence[tuple[str, str | None]] = ()
    is_scheduled: bool = True
    due: Mapping[str, str] = field(default_factory=dict)
    alerts: Sequence[Alert] = ()
    forecast_of: str | None = None
    data_of: str | None = None
    pinned: tuple[str, str] | None = None


def of(facts: Facts) -> list[Trouble]:
    """Everything there is to know, the worst first."""
    damaged = [_made(*one) for one in facts.damaged]
    found = [*damaged, *_host(facts), *_symbols(facts), *_jobs(facts), *_alerts(facts), *_notes(facts)]
    return sorted(found, key=lambda one: RANK.index(one.kind))


def next_command(found: Sequence[Trouble]) -> str:
    """The one thing to do next; empty if there is nothing to do. That a clock stands still is no task."""
    return next((one.command for one in found if one.kind != "clock"), "")


def _made(kind: str, sentence: str, since: str | None, command: str, symbols: Sequence[str] = ()) -> Trouble:
    return Trouble(kind, LEVELS.get(kind, "bad"), sentence, since, command, tuple(symbols))


def _host(facts: Facts) -> list[Trouble]:
    """A full disk and used-up memory. Since when is told by the monitor's alert, if it has seen it."""
    found = []
    for name, command in (("disk", "stockml clean"), ("memory", "stockml monitor")):
        used, limit = facts.host.get(name, 0.0), facts.limits.get(name, 1.0)
        if used > limit:
            told = f"the {name} is {used:.0%} used, limit {limit:.0%}"
            found.append(_made(name, told, _opened(facts, f"host:{name}"), command))
    return found


def _opened(facts: Facts, prefix: str, symbols: Sequence[str] = ()) -> str | None:
    """When the oldest open alert of a kind was opened, about one of the symbols if some are given."""
    own = [one for one in facts.alerts if one.key == prefix or one.key.startswith(f"{prefix}:")]
    return min((one.opened_at for one in own if not symbols or {*symbols} & {*one.symbols}), default=None)


def _symbols(facts: Facts) -> list[Trouble]:
    """One trouble for each cause that symbols have, however many have it."""
    by_kind: dict[str, list[str]] = {}
    for symbol, one in facts.standings.items():
        if one.kind:
            by_kind.setdefault(one.kind, []).append(symbol)
    return [_of_kind(facts, kind, symbols) for kind, symbols in by_kind.items()]


def _of_kind(facts: Facts, kind: str, symbols: Sequence[str]) -> Trouble:
    first = facts.standings[symbols[0]]
    since = min((one for symbol in symbols if (one := facts.standings[symbol].since)), default=None)
    if kind == "untrained":
        since = _opened(facts, "age:untrained", symbols)
    if len(symbols) == 1:
        told = first.sentence.removeprefix(f"{symbols[0]}: ")
        told = f"{symbols[0]}: {told}"
    else:
        same = len({facts.standings[symbol].sentence for symbol in symbols}) == 1
        example = first.sentence if same else f"{symbols[0]}: {first.sentence.removeprefix(f'{symbols[0]}: ')}"
        told = f"{len(symbols):,} of {len(facts.fleet):,} symbols {first.state}: {'' if same else 'as '}{example}"
    return _made(kind, told, since, _command(facts, kind, symbols), symbols)


def _command(facts: Facts, kind: str, symbols: Sequence[str]) -> str:
    named = " ".join(symbols) if len(symbols) <= NAMED else ""
    if kind == "champion":
        return facts.repairs.get(symbols[0]) or f"stockml train {named or '--all'} --force"
    if kind == "gone" and len(symbols) < max(COMMON_FEWEST, COMMON_SHARE * len(facts.fleet)):
        return _without(facts, symbols)
    if kind == "evidence" and not {*symbols} & {*facts.due}:
        return f"stockml why {symbols[0]}"
    if kind == "quick":
        return f"stockml train {named or '--all'}"
    if kind in ("source", "stale", "no_bars", "gone"):
        return f"stockml data fetch {named if len(symbols) < len(facts.fleet) else ''}".rstrip()
    return "stockml train"


def _without(facts: Facts, symbols: Sequence[str]) -> str:
    """How to leave symbols out of the fleet, if the rest can be written out and is not empty."""
    rest = [one for one in facts.fleet if one not in symbols]
    if not rest or len(rest) > LONGEST_LIST:
        return f"stockml data check {' '.join(symbols[:NAMED])}"
    return f"stockml config set symbols {shlex.quote(json.dumps(rest, separators=(',', ':')))}"


def _jobs(facts: Facts) -> list[Trouble]:
    if not facts.overdue:
        return []
    more = f" and {len(facts.overdue) - 1} more" if len(facts.overdue) > 1 else ""
    since = min((one for _, one in facts.overdue if one), default=None)
    return [_made("jobs", f"{facts.overdue[0][0]}{more}", since, "stockml schedule run --missed")]


def _alerts(facts: Facts) -> list[Trouble]:
    """Open alerts of the monitor about what is not looked at here. Those about a symbol's model are in its state."""
    found = []
    for one in facts.alerts:
        check, _, rest = one.key.partition(":")
        if (check, rest.partition(":")[0]) in OWN_KINDS or _is_told(facts, one):
            continue
        found.append(_made("alert", f"monitor: {one.sentence}", one.opened_at, _answer(check, one), one.symbols))
    return found


def _is_told(facts: Facts, alert: Alert) -> bool:
    told = [facts.standings[symbol] for symbol in alert.symbols if symbol in facts.standings]
    return bool(told) and all(one.kind == "evidence" for one in told)


def _answer(check: str, alert: Alert) -> str:
    """The command that shows or mends what a check of the monitor found."""
    if check in ("coverage", "direction", "thresholds"):
        return f"stockml why {alert.symbols[0]}" if alert.symbols else "stockml monitor"
    if check == "bars":
        return f"stockml data check {' '.join(alert.symbols[:NAMED])}".rstrip()
    answers = {
        "ledger": "stockml ledger verify", "settlement": "stockml settle", "runs": "stockml logs",
        "jobs": "stockml schedule check", "age": "stockml train", "deliveries": "stockml alerts list",
    }  # fmt: skip
    return answers.get(check, "stockml monitor")


def _notes(facts: Facts) -> list[Trouble]:
    """What is to be done though nothing is wrong, and that the clock stands still."""
    found = []
    symbols = [symbol for symbol in facts.due if facts.standings[symbol].state == "healthy"]
    if symbols:
        which = symbols[0] if len(symbols) == 1 else f"{len(symbols):,} symbols, {symbols[0]} for one"
        found.append(_made("due", f"training is due: {which}: {facts.due[symbols[0]]}", None, "stockml train", symbols))
    able = any(one.state in ("healthy", "degraded") for one in facts.standings.values())
    if able and facts.data_of and (facts.forecast_of or "") < facts.data_of:
        last = f"the last one is of {facts.forecast_of}" if facts.forecast_of else "there is none yet"
        found.append(_made("forecast", f"nothing is forecast from {facts.data_of}; {last}", None, "stockml predict"))
    if not facts.is_scheduled:
        told = "no job is installed: nothing runs by itself"
        found.append(_made("schedule", told, None, "stockml schedule install --cron"))
    if facts.pinned:
        day, written = facts.pinned
        told = f"the clock is pinned to {day} by as_of in the configuration: nothing later is seen"
        found.append(_made("clock", told, written, "stockml config set as_of null"))
    return found
