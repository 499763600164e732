"""The page of `monitor --report`: what is wrong, what it triggers, how far the tests are, every finding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stockml.view.plain import percent, words
from stockml.view.report import legend
from stockml.view.report.cells import counted
from stockml.view.report.charts import odds
from stockml.view.report.page import Page, Part, Plot, Section, Table, Text

LISTED = 600  # findings that a page lists
ORDER = ("bad", "warn", "cannot_tell", "ok")
Result = Mapping[str, Any]


def page(result: Result, home: str) -> Page:
    """The result of `monitor` as a page, the worst first."""
    sections = [
        Section("In short", [Text(_short(result), listed=True)]),
        Section("Causes", [_causes(result["causes"])]),
        Section("Evidence that triggers training", [_triggers(result["triggers"])]),
        Section("Sequential tests", [Plot("Odds against each symbol", odds, {"tests": _tests(result["findings"])})]),
        Section("Findings", _findings(result["findings"])),
        Section("Machine", [_host(result["host"])]),
        legend.section("bad: something to do. warn: something to know. cannot tell: too few outcomes yet. ok: well."),
    ]
    return Page(f"stockml monitor: {words(result['state'])}", [f"{result['at']}, workspace {home}"], sections)


def _short(result: Result) -> list[str]:
    counts = [f"{result['counts'][state]} {words(state)}" for state in ORDER if result["counts"].get(state)]
    told = [f"{counted(len(result['symbols']), 'symbol')}; findings: {', '.join(counts)}"]
    told += [f"No training on evidence: {sentence}" for sentence in result["blocked"]]
    if result["triggers"]:
        told.append(f"Evidence against {', '.join(sorted(result['triggers']))}: training is due")
    if result.get("trained"):
        told.append(f"Trained: {', '.join(one['symbol'] for one in result['trained'])}")
    return told


def _causes(causes: list[Mapping[str, Any]]) -> Table:
    rows = [(one["level"], one["title"], one["sentence"]) for one in causes]
    return Table("What is wrong, each cause once", ("level", "cause", "what"), rows, left=3)


def _triggers(triggers: Mapping[str, list[str]]) -> Table:
    rows = [(symbol, sentence) for symbol, told in sorted(triggers.items()) for sentence in told]
    return Table("Evidence against champions", ("symbol", "evidence"), rows, left=2)


def _tests(findings: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The figures of every sequential test of a symbol, the nearest to firing first."""
    found = [
        {**figures, "symbol": one["symbol"], "check": one["check"]}
        for one in findings if one["check"] in odds.CHECKS and one["symbol"]
        for figures in one["figures"].values() if isinstance(figures, Mapping)
    ]  # fmt: skip
    return sorted(found, key=lambda one: one["highest"] / one["threshold"], reverse=True)


def _findings(findings: list[Mapping[str, Any]]) -> list[Part]:
    """The worst first; of a large fleet the rest is counted."""
    rows = [
        (words(one["state"]), one["check"], one["symbol"] or "", one["sentence"])
        for one in sorted(findings, key=lambda one: ORDER.index(one["state"]))
    ]
    made = Table("Findings, the worst first", ("state", "check", "symbol", "finding"), rows[:LISTED], left=4)
    more = f"{counted(len(rows) - LISTED, 'more finding')}, no worse than these; the JSON form has all."
    return [made, *([Text([more])] if len(rows) > LISTED else [])]


def _host(host: Mapping[str, float]) -> Table:
    rows = [(name, percent(host[name], 0)) for name in ("cpu", "memory", "disk") if name in host]
    if "load" in host:
        rows.append(("load, of one core", percent(host["load"], 0)))
    return Table("Use of the machine", ("what", "%"), rows)
