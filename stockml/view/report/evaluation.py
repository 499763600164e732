"""The page of `evaluate --report`: the walk through history, drawn and in figures; the live record; the back-test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stockml.view import backtest, refits
from stockml.view.plain import ahead
from stockml.view.report import blocks, legend
from stockml.view.report.cells import copied, counted
from stockml.view.report.fleet import leanings
from stockml.view.report.page import Page, Part, Section, Text

Result = Mapping[str, Any]


def page(result: Result, home: str, at: str) -> Page:
    """The result of `evaluate` as a page; `at` is when it was made."""
    first, last = result["span"]
    fits, policy = counted(result["refit"]["fits"], "fit"), result["refit"]["policy"]
    summary = blocks.summary(result["horizons"], "What the walk-forward forecasts come to")
    sections = [Section("In short", [summary, *_trials(result["trials"])])]
    sections += [blocks.section("Walk-forward", horizon, parts) for horizon, parts in result["horizons"].items()]
    sections += [*_leanings(result), *_refits(result), *_backtest(result), *_live(result["live"])]
    lead = [f"{first} to {last}, {fits}, refit policy {policy}", f"made {at}, workspace {home}"]
    return Page("stockml evaluation", lead, [*sections, legend.section()])


def _trials(trials: int) -> list[Text]:
    told = f"{trials} candidates were fitted so far; the best of so many looks better than it is."
    return [Text([told])] if trials > 1 else []


def _leanings(result: Result) -> list[Section]:
    plots = leanings(result["importance"])
    return [Section("What the direction model leans on", plots)] if plots else []


def _refits(result: Result) -> list[Section]:
    policies = result.get("refits")
    if not policies:
        return []
    tables = [copied(one, str(one.title), "refit") for one in refits.tables(blocks.WIDTH, policies)]
    return [Section("Refit policies", [*tables, Text([refits.notes(policies)])])]


def _backtest(result: Result) -> list[Section]:
    found = result["backtest"]
    if found is None:
        return []
    made = copied(backtest.books(blocks.WIDTH, found), backtest.TITLE, "book")
    return [Section("Back-test", [made, Text([backtest.excess(found), backtest.notes(found)])])]


def _live(live: Mapping[str, Any]) -> list[Section]:
    counts = ", ".join(f"{live[state]:,} {state}" for state in ("settled", "pending", "unusable"))
    parts: list[Part] = [Text([f"{counted(live['n_forecasts'], 'forecast')} made: {counts}."])]
    for horizon, found in live["horizons"].items():
        parts += [blocks.everything(found["pooled"], f"Live record, {ahead(horizon)}"), *blocks.groups(found, horizon)]
    return [Section("Live record", parts)]
