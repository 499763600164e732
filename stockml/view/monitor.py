"""A round of watching on one screen: what is not well first, a line for each check that is, what to do next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from stockml.view import palette
from stockml.view.plain import percent

if TYPE_CHECKING:
    from rich.console import Console

ORDER = ("bad", "warn", "cannot_tell", "ok")
WORDS = {"bad": "bad", "warn": "warn", "cannot_tell": "can't tell", "ok": "ok", "train": "due"}
MOST = 30  # lines of findings; the rest is counted
TOGETHER = 4  # findings of one kind from which on symbols share a line
Finding = dict[str, Any]


def screen(result: dict[str, Any], home: str, as_of: str | None, everything: bool) -> Callable[[Console], None]:
    """State of the whole, causes that are common, findings from the worst on, checks that are well, host, next."""

    def show(console: Console) -> None:
        console.print(_summary(result) + (f"   as of {as_of}" if as_of else ""))
        for words in result["blocked"]:
            console.print(f"no training on evidence: {words}", style="red")
        rows = [row for state in ORDER[:3] for row in _rows(result["findings"], state, everything)]
        for state, words in rows if everything else rows[:MOST]:
            _line(console, state, words)
        if len(rows) > MOST and not everything:
            console.print(f"{len(rows) - MOST} more; -v shows all, --report FILE.html a page")
        for name, words in _well(result["findings"]):
            _line(console, "ok", f"{name}: {words}")
        for words in _triggers(result["triggers"]):
            _line(console, "train", words)
        if result.get("trained"):
            console.print(f"trained: {', '.join(one['symbol'] for one in result['trained'])}")
        console.print(_host(result["host"], home), style="dim")
        console.print(f"next: {_next(result)}")

    return show


def _summary(result: dict[str, Any]) -> str:
    states = [one["state"] for one in result["symbols"]]
    told = ", ".join(f"{states.count(state)} {WORDS[state]}" for state in ORDER if state in states)
    return f"{WORDS[result['state']]}: {len(states)} symbols ({told or 'none'})"


def _line(console: Console, state: str, words: str) -> None:
    """One line, its state in front, folded under itself where the terminal is narrow."""
    from rich.table import Table
    from rich.text import Text

    row = Table.grid(padding=(0, 1))
    row.add_column(width=10, no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(WORDS[state], style=palette.FINDINGS[state]), Text(words))
    console.print(row)


def _rows(findings: Sequence[Finding], state: str, everything: bool) -> list[tuple[str, str]]:
    """(state, words) of the findings in a state; many of one kind share a line unless everything is asked for."""
    by_kind: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        if one["state"] == state:
            by_kind.setdefault((one["check"], one["kind"]), []).append(one)
    rows = []
    for (check, _), found in by_kind.items():
        apart = everything or (len(found) < TOGETHER and state != "cannot_tell") or len(found) == 1
        apart = apart or found[0]["symbol"] is None
        rows += [(state, _words(check, one)) for one in found] if apart else [(state, _together(check, found))]
    return rows


def _words(check: str, one: Finding) -> str:
    return f"{check}: {one['symbol'] + ': ' if one['symbol'] else ''}{one['sentence']}"


def _together(check: str, found: Sequence[Finding]) -> str:
    """Findings of one kind as one: how many, the one that is nearest to telling, or else the first as an example."""
    near = min(found, key=_needed)
    which = "as" if _needed(near) == float("inf") else "nearest"
    return f"{check}: {len(found):,} symbols ({which} {near['symbol']}): {near['sentence']}"


def _needed(one: Finding) -> float:
    """How many more outcomes it would take; infinite where that is not said."""
    needed = one["figures"].get("needed")
    return float("inf") if needed is None else float(needed)


def _well(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """(check, words) of each check that has nothing but good to say."""
    by_check: dict[str, list[Finding]] = {}
    for one in findings:
        by_check.setdefault(one["check"], []).append(one)
    well = []
    for check, found in by_check.items():
        if check == "host":  # it has a line of its own
            continue
        good = [one for one in found if one["state"] == "ok"]
        if len(good) < len(found) and (not good or good[0]["symbol"] is None):
            continue
        of = f" of {len(found):,}" if len(good) < len(found) else ""
        words = good[0]["sentence"] if good[0]["symbol"] is None else f"{len(good):,}{of} symbols ok"
        well.append((check, words))
    return well


def _triggers(triggers: dict[str, list[str]]) -> list[str]:
    """Evidence with the symbols that it triggers training of."""
    by_sentence: dict[str, list[str]] = {}
    for symbol, sentences in sorted(triggers.items()):
        by_sentence.setdefault(sentences[0], []).append(symbol)
    return [f"{', '.join(symbols)}: {words}" for words, symbols in by_sentence.items()]


def _host(host: dict[str, float], home: str) -> str:
    if not host:
        return home
    told = ", ".join(f"{name} {percent(host[name], 0)} %" for name in ("cpu", "memory", "disk"))
    return f"host: {told}, load {host['load']:.2f} a core   {home}"


def _next(result: dict[str, Any]) -> str:
    bad = {(one["check"], one["kind"]) for one in result["findings"] if one["state"] in ("bad", "warn")}
    checks = {check for check, _ in bad}
    if "ledger" in checks:
        return "stockml ledger verify"
    if "answers" in checks or ("age", "unreadable") in bad:
        return "stockml rollback SYMBOL, or stockml train SYMBOL --force"
    if "bars" in checks:
        return "stockml data check"
    if "jobs" in checks:
        return "stockml schedule show"
    if result["triggers"] or "age" in checks:
        return "stockml train"
    if any((one["check"], one["kind"]) == ("settlement", "due") for one in result["findings"]):
        return "stockml settle"
    return "stockml status"
