"""The page of `report`: what it comes to, the fleet, the record, leanings, promotions, what is next, each symbol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stockml.view.plain import NONE, ahead, number, percent, words
from stockml.view.report import blocks, legend
from stockml.view.report.cells import counted, percent_of
from stockml.view.report.charts import changes, distance, fan, leaning
from stockml.view.report.page import Page, Part, Plot, Section, Table, Text

Document = Mapping[str, Any]


def page(document: Document) -> Page:
    """The document of `report` as a page."""
    asked = document["asked"]
    what = ", ".join(asked) if 0 < len(asked) <= 6 else counted(document["n_symbols"], "symbol")
    horizons = document["record"]["horizons"]
    record = [blocks.summary(horizons, "What the settled forecasts come to")] if horizons else []
    sections = [Section("In short", [Text(_short(document), listed=True), *record]), _fleet(document)]
    sections += [
        blocks.section("Record of settled forecasts", horizon, parts)
        for horizon, parts in horizons.items()
    ]
    sections += [*_newest(document["newest"]), _changes(document), _next(document), *_details(document)]
    return Page(f"stockml report: {what}", _lead(document), [*sections, legend.section()])


def _lead(document: Document) -> list[str]:
    clock = f"as of {document['as_of']}, made {document['made_at']}" if document["as_of"] else document["made_at"]
    bounds = [f"{name} {document[name]}" for name in ("from", "to") if document[name]]
    return [f"{clock}, workspace {document['home']}", *([f"forecasts {' '.join(bounds)}"] if bounds else [])]


def _short(document: Document) -> list[str]:
    """The state of the fleet, what the record comes to, and what is missing, a sentence each."""
    states, record = document["fleet"]["states"], document["record"]
    told = [f"{counted(document['n_symbols'], 'symbol')}: " + ", ".join(f"{n} {state}" for state, n in states.items())]
    beside = [f"{record[name]:,} {name}" for name in ("pending", "void", "unusable") if record[name]]
    made = f"{counted(record['forecasts'], 'forecast')} made, {record['settled']:,} settled"
    told.append(", ".join([made, *beside]) + _of(record["span"]))
    if not record["settled"]:
        told.append("Nothing is settled, so nobody can tell yet how good the forecasts are: n = 0")
    due = [row["symbol"] for row in document["fleet"]["rows"] if row["due"]]
    told.append(f"Due, or in need of a look: {_names(due)}" if due else "Nothing is due")
    return told


def _of(span: list[str] | None) -> str:
    return f" (sessions {span[0]} to {span[1]})" if span else ""


def _names(symbols: list[str]) -> str:
    return ", ".join(symbols[:13]) + (f" and {len(symbols) - 13} more" if len(symbols) > 13 else "")


def _fleet(document: Document) -> Section:
    rows = document["fleet"]["rows"]
    heads = ("symbol", "state", "champion", "through", "due", "n", "direction right, %", "naive, %", "verdict",
             "90 % interval holds, %", "Winkler ratio")  # fmt: skip
    caption = "Symbols and the figures of their champions, one session ahead"
    parts: list[Part] = [Table(caption, heads, [_row(row) for row in rows], left=5)]
    left = document["n_symbols"] - len(rows)
    if left > 0:
        parts.append(Text([f"{left:,} more symbols are counted above and are not listed; 'stockml report SYMBOL' tells "
                           "of any of them."]))  # fmt: skip
    basis = (
        "Figures are of settled forecasts where it says live, else of sessions held out at the last training. "
        "Direction is judged on the pool, so its verdict is that of all symbols trained together."
    )
    return Section("Fleet", [*parts, Text([basis])])


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    due, direction, wide = "; ".join(row["due"]) or NONE, row["direction"], row["interval"]
    own = (row["symbol"], row["state"], row["champion"] or NONE, row["data_through"] or NONE, due)
    if direction is None or wide is None:
        return (*own, *[NONE] * 6)
    live = " live" if direction["basis"] == "live" else ""
    return (
        *own,
        f"{direction['n']:,}{live}",
        percent_of(direction, "accuracy"),
        percent(direction["naive"]),
        words(direction["verdict"]),
        percent_of(wide, "coverage"),
        number(wide["winkler_ratio"], 2),
    )


def _newest(newest: Mapping[str, Any] | None) -> list[Section]:
    """What the newest champion was accepted on, and what it leans on."""
    if newest is None:
        return []
    whose = f"{newest['symbol']} {newest['version']}, recipe {newest['recipe']}"
    told = f"The newest champion: {whose}. {counted(newest['trials'], 'candidate')} fitted for it so far."
    held_out = [
        blocks.everything(block, f"Held out, pooled over the fleet, {ahead(horizon)}")
        for horizon, block in newest["held_out"].items()
    ]
    plots = leanings(newest["importance"])
    return [Section("What it was accepted on, and leans on", [Text([told]), *plots, *held_out])]


def leanings(importance: Mapping[str, Any]) -> list[Plot]:
    """A plot for each horizon."""
    return [
        Plot(f"What the direction model leans on, {ahead(horizon)}", leaning, told)
        for horizon, told in importance.items()
    ]


def _changes(document: Document) -> Section:
    return Section("Promotions", [Plot("Promotions and refusals", changes, document["changes"], is_open=True)])


def _next(document: Document) -> Section:
    told = {"symbols": document["triggers"]}
    return Section("What would train next", [Plot("Distance to the next training", distance, told)])


def _details(document: Document) -> list[Section]:
    """A section for each symbol that is told at length."""
    found = []
    for symbol, detail in document["details"].items():
        reasons = _reasons(detail["reasons"])
        fans = [
            Plot(f"{symbol}: forecasts and outcomes, {ahead(horizon)}", fan, {**told, "horizon": horizon})
            for horizon, told in detail["fans"].items()
        ]
        missing = [] if fans else [Text(["No forecast yet: cannot tell, n = 0."])]
        own = _own(symbol, document["record"]["horizons"])
        found.append(Section(symbol, [Text(reasons, listed=True), *fans, *missing, *own], level=3))
    left = document["n_symbols"] - len(found)
    if found and left > 0:
        note = f"{counted(left, 'other symbol')}: 'stockml report SYMBOL' tells of each at length."
        found.append(Section("Others", [Text([note])], level=3))
    return [Section("Symbols", []), *found] if found else []


def _reasons(reasons: list[Mapping[str, str]]) -> list[str]:
    """A sentence once, though it may be both the decision and why the champion is one."""
    about: dict[str, list[str]] = {}
    for one in reasons:
        about.setdefault(one["sentence"], []).append(one["about"])
    return [f"{', '.join(names)}: {sentence}" for sentence, names in about.items()]


def _own(symbol: str, horizons: Mapping[str, Any]) -> list[Table]:
    rows = [
        blocks.row(ahead(horizon), parts["by_symbol"][symbol])
        for horizon, parts in horizons.items() if symbol in parts["by_symbol"]
    ]  # fmt: skip
    return [Table(f"{symbol}: settled forecasts", ("ahead", *blocks.HEADS), rows)] if rows else []
