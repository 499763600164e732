"""The page of `replay --report`: whether policies differ, what each was worth, what it did and cost, what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stockml.view import replay_verdicts
from stockml.view.backup import size
from stockml.view.plain import NONE, ahead, span, words
from stockml.view.replay import ROUTINE
from stockml.view.report import blocks, legend
from stockml.view.report.cells import counted
from stockml.view.report.charts import calendar, months, pairs, skill
from stockml.view.report.page import Page, Part, Plot, Section, Table, Text

LISTED = 400  # events that a page lists
COUNTS = ("trainings", "symbols_trained", "refused", "quarantined", "waiting", "promotions", "rollbacks", "alerts",
          "abstentions", "failed_jobs")  # fmt: skip
WORDS = (
    "Differences between policies: the first's loss over the second's on the forecasts that both made, with its 95 % "
    "interval over resampled blocks of sessions; below 1 the first is better. better and worse allow for as many "
    "comparisons as there are pairs. no edge is said only where the whole interval lies within the margin, cannot "
    "tell of all else.",
    "An alarm is evidence that fired. Hindsight calls it false if the sessions that followed kept what it says was "
    "broken, and unknown if too few followed. The training it caused may have mended it, so false is an upper bound.",
    "Processor time is what the policy would have cost alone; disk is what its workspace takes, the shared bars not "
    "counted.",
)
Result = Mapping[str, Any]


def page(result: Result, home: str, at: str) -> Page:
    """The result of `replay` as a page; `at` is when it was made."""
    policies = result["policies"]
    first, last = result["span"]
    sections = [
        Section("In short", [Text(replay_verdicts.sentences(result), listed=True), _policies(policies)]),
        *(_horizon(result, horizon) for horizon in replay_verdicts.horizons(policies)),
        Section("Month by month", [Plot("Policies by month", months, _by_month(policies))]),
        Section("Work, trouble and cost", [_work(policies)]),
        Section("Events", _events(result)),
        *_everything(policies),
        legend.section(*WORDS),
    ]
    lead = [f"{first} to {last}, {counted(len(policies), 'policy')}, {_names(result['symbols'], 20)}"]
    return Page("stockml replay", [*lead, f"made {at}, workspace {home}"], sections)


def _policies(policies: Mapping[str, Any]) -> Table:
    rows = [(name, one["meaning"], ", ".join(one["left_out"]) or NONE) for name, one in policies.items()]
    return Table("Policies", ("policy", "what it is", "jobs not replayed"), rows, left=3)


def _horizon(result: Result, horizon: str) -> Section:
    """What each policy was worth beside naive, and beside each other."""
    own = {name: one["horizons"][horizon] for name, one in result["policies"].items() if horizon in one["horizons"]}
    rows = [blocks.row(*one) for one in own.items()]
    found: list[Part] = [
        Table(f"Worth beside naive forecasts, {ahead(horizon)}", ("policy", *blocks.HEADS), rows),
        Plot("Skill of each policy", skill, {"by": "policy", "groups": own}),
    ]
    told = _compared(result, horizon)
    if told["pairs"]:
        found.append(Plot("Policies against each other", pairs, told, is_open=True))
    return Section(f"Worth, {ahead(horizon)}", found)


def _compared(result: Result, horizon: str) -> dict[str, Any]:
    """What the chart of pairs is told."""
    found = [
        {"first": one["first"], "second": one["second"], **one["horizons"][horizon]}
        for one in result["comparisons"] if horizon in one["horizons"]
    ]  # fmt: skip
    return {"pairs": found, "margins": result["margins"]}


def _by_month(policies: Mapping[str, Any]) -> dict[str, Any]:
    shortest = min(replay_verdicts.horizons(policies), key=int, default="1")
    return {"ahead": ahead(shortest), "policies": {name: one["months"] for name, one in policies.items()}}


def _work(policies: Mapping[str, Any]) -> Table:
    """A column a policy, since there are more counts than policies."""
    each = list(policies.values())
    rows = [(words(key), *(f"{one[key]:,}" for one in each)) for key in COUNTS]
    rows += [(f"alarms {key}", *(f"{one['alarms'][key]:,}" for one in each)) for key in each[0]["alarms"]]
    rows.append(("processor time", *(span(one["seconds"]["cpu"]) for one in each)))
    rows.append(("disk", *(size(one["bytes"]) for one in each)))
    return Table("What each policy did and cost", ("", *policies), rows)


def _events(result: Result) -> Sequence[Part]:
    """All drawn; those that are not routine one by one."""
    drawn = Plot("Calendar of events", calendar, {"policies": list(result["policies"]), "events": result["events"]})
    told = [one for one in result["events"] if one["kind"] not in ROUTINE]
    rows = [
        (one["at"][:10], one["policy"], words(one["kind"]), _names(one["symbols"], 6), one["sentence"])
        for one in told[:LISTED]
    ]
    listed = Table("Events, without trainings, promotions and alerts that ended",
                   ("day", "policy", "what", "symbols", "in words"), rows, left=5)  # fmt: skip
    more = f"{counted(len(told) - LISTED, 'more event')}; the JSON form has all."
    return [drawn, listed, *([Text([more])] if len(told) > LISTED else [])]


def _names(symbols: Sequence[str], most: int) -> str:
    shown = ", ".join(symbols[:most])
    return f"{shown} and {len(symbols) - most} more" if len(symbols) > most else shown or NONE


def _everything(policies: Mapping[str, Any]) -> list[Section]:
    """All figures of each policy, one by one."""
    own = []
    for name, one in policies.items():
        tables = [blocks.everything(block, f"{name}, {ahead(horizon)}") for horizon, block in one["horizons"].items()]
        own += [Section(name, tables, level=3)] if tables else []
    return [Section("All figures", []), *own] if own else []
