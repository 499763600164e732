"""Which findings are one event with one cause, who is to be told, and what forbids to train on the evidence. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from stockml.alerts.message import Cause, merge
from stockml.bars.health import COMMON_FEWEST, COMMON_SHARE
from stockml.monitor.finding import Finding, worst

BARS = "bars"
MILD = ("coverage", "direction", "thresholds")  # bad for a model, not urgent for a person
TITLES = {
    ("bars", "source"): "the source fails",
    ("bars", "stale"): "bars are too old",
    ("bars", "behind"): "the newest session has no bar",
    ("bars", "unhealthy"): "the newest bars are not sound",
    ("bars", "no_bars"): "no bars are stored",
    ("bars", "damaged"): "stored bars are damaged",
    ("age", "untrained"): "no champion",
    ("age", "unreadable"): "the champion cannot be read",
    ("age", "expired"): "the champion has expired",
    ("age", "expiring"): "the champion expires soon",
    ("answers", "refused"): "the champion is refused",
    ("coverage", "fires"): "intervals hold less than promised",
    ("coverage", "fleet"): "intervals of the fleet hold less than promised",
    ("coverage", "event"): "most of the fleet missed at once",
    ("direction", "fires"): "directions are right less often than promised",
    ("thresholds", "fires"): "a threshold is crossed",
    ("settlement", "due"): "forecasts wait for settlement",
    ("runs", "killed"): "a run has no end",
    ("runs", "failed"): "a run could do nothing",
    ("ledger", "damaged"): "the ledger is damaged",
    ("locks", "long"): "a lock is held for long",
    ("host", "disk"): "the disk is nearly full",
    ("host", "memory"): "memory is nearly used up",
    ("host", "cpu"): "the processor is busy",
}


class Judged(NamedTuple):
    """Causes to tell, what forbids every training on evidence, and the evidence that stands, by symbol."""

    causes: list[Cause]
    blocked: list[str]
    triggers: dict[str, list[str]]


def judge(findings: Sequence[Finding], fleet: Sequence[str], benchmark: str | None) -> Judged:
    """Sort findings out: what 60 % of the fleet (three symbols at least) has at once is one cause.

    One about bars blocks training: the source, the calendar or the benchmark's day is to be looked at, and a model
    fitted to it would learn the fault. Evidence about a symbol whose own bars are not sound waits.
    """
    by_kind: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        if one.state in ("bad", "warn") and not one.silent:
            by_kind.setdefault((one.check, one.kind), []).append(one)
    causes: list[Cause] = []
    blocked: list[str] = []
    for place, found in by_kind.items():
        own = [one for one in found if one.symbol in fleet]
        if is_common(len(own), len(fleet)):
            causes.append(_common(place, own, len(fleet)))
            blocked += [causes[-1].sentence] if place[0] == BARS or place[1] == "event" else []
            found = [one for one in found if one not in own]
        causes += [_single(place, one) for one in found]
        blocked += [f"benchmark {one.symbol}: {one.sentence}" for one in found if _is_market(place, one, benchmark)]
    blocked += [one.sentence for one in findings if (one.check, one.kind, one.symbol) == ("coverage", "event", None)]
    return Judged(list(merge(causes).values()), blocked, {} if blocked else _evidence(findings))


def is_common(count: int, fleet: int) -> bool:
    """Whether one cause is likelier than so many."""
    return count >= max(COMMON_FEWEST, COMMON_SHARE * fleet)


def _is_market(place: tuple[str, str], one: Finding, benchmark: str | None) -> bool:
    """Whether a finding is about the bars that every forecast looks at."""
    return place[0] == BARS and one.symbol == benchmark and one.state == "bad" and one.kind != "no_bars"


def _common(place: tuple[str, str], found: Sequence[Finding], fleet: int) -> Cause:
    symbols = tuple(one.symbol for one in found if one.symbol)
    what, where = _title(place), ""
    if place[0] == BARS:
        where = "; look at the source or the calendar, not at each symbol. No training on evidence until it is over"
    example = f"{found[0].symbol}: {found[0].sentence}"
    told = f"{len(found)} of {fleet} symbols: {what} ({example}){where}"
    return Cause(":".join(place), _level(place, found), f"{len(found)} of {fleet} symbols: {what}", told, symbols)


def _single(place: tuple[str, str], one: Finding) -> Cause:
    who = one.symbol or ""
    key = ":".join([*place, *filter(None, [who, str(one.figures.get("command", ""))])])
    title = f"{who}: {_title(place)}" if who else _title(place)
    return Cause(key, _level(place, [one]), title, one.sentence, (who,) if who else ())


def _title(place: tuple[str, str]) -> str:
    return TITLES.get(place, " ".join(place).replace("_", " "))


def _level(place: tuple[str, str], found: Sequence[Finding]) -> str:
    urgent = place[0] not in MILD and worst(one.state for one in found) == "bad"
    return "critical" if urgent else "warning"


def _evidence(findings: Sequence[Finding]) -> dict[str, list[str]]:
    """What fired against each symbol's champion; the fleet's own evidence counts against those it is made of."""
    unsound = {one.symbol for one in findings if one.check == BARS and one.state == "bad"}
    fired: dict[str, list[str]] = {}
    for one in findings:
        accused = [one.symbol] if one.symbol else one.figures.get("against", [])
        for symbol in accused if one.evidence else ():
            if symbol not in unsound:
                fired.setdefault(symbol, []).extend(one.evidence)
    return fired


def as_json(one: Cause) -> dict[str, Any]:
    return {
        "key": one.key, "level": one.level, "title": one.title, "sentence": one.sentence,
        "symbols": list(one.symbols),
    }  # fmt: skip
