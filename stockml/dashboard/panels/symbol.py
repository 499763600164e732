"""One symbol: how it stands, its newest forecasts, prices with the fan and past intervals, hits, coverage, events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockml.dashboard import price_chart
from stockml.dashboard import rows as listing
from stockml.dashboard.paper import Paper
from stockml.dashboard.seen import Detail, Seen
from stockml.dashboard.state import State
from stockml.view import palette, sparkline, status_table
from stockml.view.plain import NONE, days, percent, share, words

if TYPE_CHECKING:
    from rich.text import Text

LEAST_CHART, MOST_CHART = 3, 20  # lines of the picture of prices
ROOMY, WIDE, TALL = 56, 76, 16  # columns, and lines, from which more is told
SPARK = 30  # points of the coverage over time
EVENTS = 3  # lines of events that are kept free for them, if there is room


def title(seen: Seen, state: State) -> str:
    wanted = listing.chosen(listing.listed(seen.rows, state), state.selected)
    if wanted is None:
        return "symbol"
    is_read = seen.detail is not None and seen.detail.symbol == wanted
    return f"{wanted}, {_ahead(seen.detail.horizon)}" if is_read and seen.detail else wanted


def note(seen: Seen, state: State) -> str:
    return "h next horizon, w why" if seen.detail else ""


def signs(paper: Paper) -> dict[int | None, str]:
    """How an outcome is drawn: inside 80 %, inside 90 % only, outside, open."""
    return {80: "·" if paper.is_unicode else ".", 90: "o", 0: "x", None: "?"}


def lines(seen: Seen, state: State, paper: Paper) -> list[Text]:
    from rich.text import Text

    detail = seen.detail
    wanted = listing.chosen(listing.listed(seen.rows, state), state.selected)
    if wanted is None and seen.fleet is not None:
        return [Text("no symbol is selected", "dim")]
    if detail is None or detail.symbol != wanted:
        return [Text("looking ...", "dim")]
    row = next((one for one in seen.rows if one["symbol"] == detail.symbol), None)
    head = _standing(row) if row else []
    head += _forecasts(detail, paper)
    tail = _record(row, paper) if row else []
    is_tall = paper.height >= TALL
    tail = tail if is_tall else tail[:1]
    left = paper.height - len(head) - len(tail)
    events = _events(detail, paper, is_whole=state.is_zoomed)[state.scrolled("symbol") :]
    if detail.problem:
        return [*head, Text(detail.problem, palette.LEVELS["warn"]), *tail, *events]
    left -= price_chart.below(detail, is_tall=is_tall)
    height = left - (min(EVENTS, len(events)) if left > 2 * EVENTS else 1)
    picture: list[Text] = []
    if height >= LEAST_CHART:
        picture = price_chart.draw(detail, paper, min(MOST_CHART, height), signs(paper), is_tall=is_tall)
    return [*head, *picture, *tail, *events]


def _ahead(horizon: int) -> str:
    return f"{horizon} session{'' if horizon == 1 else 's'} ahead"


def _standing(row: dict[str, Any]) -> list[Text]:
    from rich.text import Text

    first = Text.assemble((row["state"], palette.STATES[row["state"]]))
    if row["champion"]:
        first.append(f", {days(row['age_days'])} old, {words(row['verdict'] or NONE)}")
    first.append(f", through {row['data_through'] or NONE}, due {status_table.due(row)}")
    out = [first]
    if row["why"]:
        out.append(Text(row["why"], palette.LEVELS["warn"]))
    elif row["due"]:
        out.append(Text(row["due"][0]))
    return out


def _forecasts(detail: Detail, paper: Paper) -> list[Text]:
    """A line a horizon: what the newest forecast says."""
    from rich.text import Text

    out = []
    for horizon, one in sorted(detail.newest.items()):
        is_roomy = paper.width >= ROOMY
        name = f"{horizon}: {one.target_session[5:]} {figure(one.price)} " if is_roomy else f"{horizon}:"
        line = Text.assemble((name, "bold" if horizon == detail.horizon else ""))
        line.append(f" 80 % {figure(one.lo80)}-{figure(one.hi80)}", "cyan")
        line.append(f"{' ' if is_roomy else ''} 90 % {figure(one.lo90)}-{figure(one.hi90)}", "magenta")
        line.append(f"{' ' if is_roomy else ''} up {percent(one.up, 0)} %", "dim")
        line.append(f", {words(one.class_)}" if paper.width >= WIDE else "", "dim")
        out.append(line)
    return out or [Text("no forecast was made yet", "dim")]


def figure(value: float) -> str:
    """A price with about four digits: its interval is percents wide."""
    return f"{value:,.{2 if value < 100.0 else 1 if value < 1000.0 else 0}f}"


def _record(row: dict[str, Any], paper: Paper) -> list[Text]:
    """Direction and coverage, each beside what it is measured against, and coverage over time."""
    from rich.text import Text

    direction, interval, confidence = row["direction"], row["interval"], row["confidence"]
    if not direction or not interval:
        return []
    line = Text.assemble(("up ", "dim"))
    line.append(f"{share(direction['accuracy'], direction['low'], direction['high'])} %")
    line.append(f" naive {percent(direction['naive'], 0)}  90 %: ", "dim")
    line.append(f"{share(interval['coverage'], interval['low'], interval['high'])}")
    line.append(f"  n {direction['n']} {'live' if direction['basis'] == 'live' else 'held out'}", "dim")
    if paper.width >= WIDE and confidence and confidence.get("ece") is not None:
        line.append(f"  ECE {percent(confidence['ece'], 1)} %", "dim")
        noise = confidence.get("ece_noise")
        line.append(f" (noise {percent(noise, 1)})" if noise is not None else "", "dim")
    out = [line]
    if row["trend"]:
        values = row["trend"]["coverage"][-SPARK:]
        spark = sparkline.line(values, SPARK, status_table.LOWEST, 1.0, paper.glyphs.blocks)
        last = f" {percent(values[-1], 0)} % of {row['trend']['window']}"
        out.append(Text.assemble(("held ", "dim"), (spark, "cyan"), (last, "dim")))
    return out


def _events(detail: Detail, paper: Paper, *, is_whole: bool) -> list[Text]:
    from rich.text import Text

    out: list[Text] = []
    for one in detail.events:
        line = Text.assemble((f"{one.at[:16].replace('T', ' ')} ", "dim"), (f"{one.kind} ", "bold"), one.sentence)
        out += paper.folded(line) if is_whole else [line]
    return out
