"""A replay as one HTML page that holds everything it needs: tables, plots drawn as SVG, the calendar of events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from stockml.view.plain import NONE, number, percent, signed_percent, words

WIDE, HIGH, LEFT, FOOT = 860, 220, 52, 26  # pixels of a plot, and of its margins
COLOURS = ("#1b6ca8", "#b5532a", "#3d7f45", "#7a4d9c", "#8a6d1d", "#5f6a72", "#a8326e", "#2a8f8f")
_STYLE = (
    "body{font:15px/1.45 sans-serif;margin:2em;max-width:78em;color:#222;background:#fff}"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:.25em .9em .25em 0;text-align:left;vertical-align:top;"
    "border-bottom:1px solid #ddd}td.n{text-align:right;font-variant-numeric:tabular-nums}"
    "svg{display:block;margin:1em 0}.note{color:#555}text{font:11px sans-serif;fill:#444}"
)


def page(result: Mapping[str, Any]) -> str:
    """The page. Every text from outside is escaped; nothing is loaded from elsewhere and no script runs."""
    first, last = result["span"]
    title = f"stockml replay, {first} to {last}"
    policies = result["policies"]
    horizons = sorted({h for one in policies.values() for h in one["horizons"]}, key=int)
    parts = [
        "<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1><p>{escape(', '.join(result['symbols']))}</p>",
        _table("Policies", ("policy", "what it is", "not replayed"), [
            (escape(name), escape(one["meaning"]), escape(", ".join(one["left_out"]) or NONE))
            for name, one in policies.items()
        ]),
        *(_worth(policies, horizon) for horizon in horizons),
        _work(policies),
        *(_differences(result["comparisons"], horizon) for horizon in horizons),
        "<p class=note>ratio: loss of the first over that of the second with its 95 % interval over resampled blocks "
        "of sessions; below 1 the first is better. no edge: surely within 0.1 % (Brier score of the direction) or 1 % "
        "(Winkler score of the interval) of each other. cannot tell: neither "
        "that, nor a difference that the number of comparisons allows to believe in.</p>",
        _plot("Intervals that held, by month (90 % promised)", policies, "coverage", 0.9),
        _plot("Winkler score of the 90 % interval, by month, over that of the first policy", _over_first(policies),
              "winkler", 1.0),
        _events(result["events"]),
        "</body></html>",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], numeric: int | None = None) -> str:
    """A table under its title; cells are HTML already, those from `numeric` on are numbers."""
    start = len(heads) if numeric is None else numeric

    def cell(place: int, text: str) -> str:
        return f"<td class=n>{text}</td>" if place >= start else f"<td>{text}</td>"

    body = "".join(f"<tr>{''.join(cell(place, text) for place, text in enumerate(row))}</tr>\n" for row in rows)
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    return f"<h2>{escape(title)}</h2>\n<table><tr>{head}</tr>\n{body}</table>"


def _worth(policies: Mapping[str, Any], horizon: str) -> str:
    heads = ("policy", "n", "right %", "95 %", "naive %", "Brier skill %", "direction", "90 % holds", "95 %",
             "Winkler / naive", "interval", "price skill %", "price")  # fmt: skip
    rows = []
    for name, one in policies.items():
        if horizon not in one["horizons"]:
            continue
        block = one["horizons"][horizon]
        way, held, price = block["direction"], block["interval"]["90"], block["price"]
        rows.append((
            escape(name), f"{way['n']:,}", percent(way["accuracy"]), _span(way), percent(way["naive"]),
            signed_percent(way["brier_skill"]), words(way["verdict"]), percent(held["coverage"]), _span(held),
            number(held["winkler_ratio"]), words(held["verdict"]), signed_percent(price["skill"]),
            words(price["verdict"]),
        ))  # fmt: skip
    return _table(f"Worth, {horizon} ahead, beside naive forecasts", heads, rows, 1)


def _span(part: Mapping[str, Any]) -> str:
    return NONE if part["low"] is None else f"{percent(part['low'])} to {percent(part['high'])}"


def _work(policies: Mapping[str, Any]) -> str:
    names = ("trainings", "symbols_trained", "refused", "quarantined", "waiting", "promotions", "rollbacks", "alerts",
             "abstentions", "failed_jobs")  # fmt: skip
    heads = ("policy", *map(words, names), "alarms", "false", "true", "unknown", "CPU s", "MB")
    rows = [
        (
            escape(name), *(str(one[key]) for key in names),
            *(str(one["alarms"][key]) for key in ("fired", "false", "true", "unknown")),
            f"{one['seconds']['cpu']:.0f}", f"{one['bytes'] / 1e6:.0f}",
        )
        for name, one in policies.items()
    ]  # fmt: skip
    return _table("Work and trouble", heads, rows, 1)


def _differences(comparisons: Sequence[Mapping[str, Any]], horizon: str) -> str:
    heads = ("first", "second", "n", "direction (model)", "", "direction (published)", "", "interval", "")
    rows = []
    for one in comparisons:
        if horizon not in one["horizons"]:
            continue
        found = one["horizons"][horizon]
        cells = [text for name in ("direction", "shown", "interval") for text in _told(found[name])]
        rows.append((escape(one["first"]), escape(one["second"]), f"{found['n']:,}", *cells))
    return _table(f"Differences, {horizon} ahead", heads, rows, 2) if rows else ""


def _told(part: Mapping[str, Any]) -> tuple[str, str]:
    span = "" if part["low"] is None else f" [{part['low']:.4f}, {part['high']:.4f}]"
    return f"{number(part['ratio'], 4)}{span}", words(part["verdict"])


def _over_first(policies: Mapping[str, Any]) -> dict[str, Any]:
    """The policies with each month's losses over those of the first policy."""
    first = {one["month"]: one for one in next(iter(policies.values()))["months"]}
    return {
        name: {"months": [
            {**month, "winkler": month["winkler"] / base}
            for month in one["months"] if (base := first.get(month["month"], {}).get("winkler"))
        ]}
        for name, one in policies.items()
    }  # fmt: skip


def _plot(title: str, policies: Mapping[str, Any], key: str, level: float) -> str:
    """A line a policy over the months, and a dashed one at a level."""
    months = sorted({one["month"] for policy in policies.values() for one in policy["months"]})
    values = [one[key] for policy in policies.values() for one in policy["months"]] + [level]
    if len(months) < 2:
        return ""
    low, high = min(values), max(values)
    low, high = (low, high) if high > low else (low - 0.01, high + 0.01)

    def at(month: str, value: float) -> str:
        across = LEFT + (WIDE - LEFT - 8) * months.index(month) / (len(months) - 1)
        return f"{across:.1f},{8 + (HIGH - FOOT - 8) * (high - value) / (high - low):.1f}"

    drawn = [f'<polyline fill="none" stroke="#999" stroke-dasharray="4 3" points="{at(months[0], level)} '
             f'{at(months[-1], level)}"/>']  # fmt: skip
    for place, (name, policy) in enumerate(policies.items()):
        points = " ".join(at(one["month"], one[key]) for one in policy["months"])
        colour = COLOURS[place % len(COLOURS)]
        drawn.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.4" points="{points}"/>')
        drawn.append(f'<text x="{LEFT + 110 * place}" y="{HIGH + 14}" style="fill:{colour}">{escape(name)}</text>')
    heights = ((value, at(months[0], value).split(",")[1]) for value in (low, level, high))
    drawn += [f'<text x="4" y="{height}">{value:.3f}</text>' for value, height in heights]
    drawn += [f'<text x="{LEFT}" y="{HIGH - 8}">{months[0]}</text>',
              f'<text x="{WIDE - 60}" y="{HIGH - 8}">{months[-1]}</text>']  # fmt: skip
    size = f'width="{WIDE}" height="{HIGH + 22}" viewBox="0 0 {WIDE} {HIGH + 22}"'
    return f'<h2>{escape(title)}</h2>\n<svg {size} role="img">{"".join(drawn)}</svg>'


def _events(events: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (one["at"][:10], escape(one["policy"]), escape(words(one["kind"])), escape(" ".join(one["symbols"])),
         escape(one["sentence"]))
        for one in events
    ]  # fmt: skip
    return _table("Calendar of events", ("day", "policy", "what", "symbols", ""), rows)
