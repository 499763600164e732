"""What happened to each policy, day by day: a row a policy, a mark an event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from stockml.view.plain import words
from stockml.view.report import palette
from stockml.view.report.cells import counts, cut
from stockml.view.report.charts import _dates
from stockml.view.report.page import WIDE, Table, Told

PARTS = 250  # of the span; marks are wider than that
KINDS = {  # kind -> (in words, mark, colour, whether it is filled, how far below the middle of the row)
    "trained": ("trained", "|", palette.SOFT, True, 0.0),
    "promoted": ("promoted", "^", palette.ONE, True, -0.24),
    "rolled_back": ("rolled back", "v", palette.BAD, True, -0.24),
    "waits": ("waits", "o", palette.TWO, False, -0.24),
    "refused": ("refused", "X", palette.BAD, True, -0.24),
    "quarantined": ("quarantined", "P", palette.BAD, True, -0.24),
    "evidence": ("evidence fired", "D", palette.FOUR, True, 0.24),
    "alert": ("alerted", "s", palette.TWO, True, 0.24),
    "alert_over": ("alert ended", "s", palette.THREE, False, 0.24),
    "abstained": ("abstained", "d", palette.SOFT, False, 0.24),
    "trouble": ("trouble given", "*", palette.INK, True, 0.0),
    "caught_up": ("caught up", ">", palette.THREE, True, 0.0),
    "failed": ("job failed", "x", palette.BAD, True, 0.0),
}


def missing(told: Told) -> str:
    return "" if told["events"] else "nothing happened"


def describe(told: Told) -> str:
    parts = [f"{name}: {counts(_kinds(told, name)) or 'nothing'}" for name in told["policies"]]
    return (
        "Trainings, what the gate said and what was deployed above the middle of a row; evidence, alerts and "
        f"abstentions below it. {'; '.join(parts)}."
    )


def _kinds(told: Told, policy: str) -> Counter[str]:
    return Counter(KINDS[one["kind"]][0] for one in told["events"] if one["policy"] == policy)


def numbers(told: Told) -> Table:
    """A row for each month in which something happened to a policy."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for one in told["events"]:
        found.setdefault((one["policy"], one["at"][:7]), Counter())[words(KINDS[one["kind"]][0])] += 1
    order = list(told["policies"])
    rows = [(*key, counts(found[key])) for key in sorted(found, key=lambda key: (order.index(key[0]), key[1]))]
    return Table("Events by month", ("policy", "month", "what"), rows, left=3)


def size(told: Told) -> tuple[float, float]:
    return (WIDE, 1.4 + 0.55 * len(told["policies"]))


def draw(figure: Any, told: Told) -> None:
    panel, policies = figure.subplots(), list(told["policies"])
    marks = _marks(told["events"])
    for kind, (name, mark, colour, filled, below) in KINDS.items():
        own = [(at, policies.index(policy) + below) for (which, policy, _), at in marks.items() if which == kind]
        if own:
            days, places = zip(*own, strict=True)
            inside = colour if filled else palette.PAPER
            panel.plot(days, places, mark, color=colour, markerfacecolor=inside, label=name)
    panel.set_yticks(range(len(policies)), [cut(one) for one in policies])
    panel.set_ylim(len(policies) - 0.5, -0.5)
    panel.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=5, borderpad=0.0)
    panel.margins(x=0.03)
    _dates.axis(panel)


def _marks(events: Sequence[Told]) -> dict[tuple[str, str, int], datetime]:
    """When, by kind, policy and part of the span: of those that would lie upon each other, the first."""
    times = [datetime.fromisoformat(one["at"]) for one in events]
    begin, part_s = min(times), max(1.0, (max(times) - min(times)).total_seconds() / PARTS)
    found: dict[tuple[str, str, int], datetime] = {}
    for one, at in sorted(zip(events, times, strict=True), key=lambda pair: pair[1]):
        found.setdefault((one["kind"], one["policy"], int((at - begin).total_seconds() / part_s)), at)
    return found
