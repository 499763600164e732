"""Scheduled jobs and their heartbeats: what is overdue first, then what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockml.dashboard.panels import host
from stockml.dashboard.paper import Paper
from stockml.dashboard.seen import Seen
from stockml.dashboard.state import State
from stockml.view import palette
from stockml.view.plain import NONE

if TYPE_CHECKING:
    from rich.text import Text

ROOMY = 50  # columns from which the last run is told too


def title(seen: Seen, state: State) -> str:
    late = sum(one["overdue"] for one in _jobs(seen))
    return f"jobs, {late} overdue" if late else "jobs"


def note(seen: Seen, state: State) -> str:
    return host.summary(seen)


def lines(seen: Seen, state: State, paper: Paper) -> list[Text]:
    from rich.text import Text

    jobs = [one for one in _jobs(seen) if one["enabled"]]
    kept = [one for one in jobs if one["installed"]]
    if not kept:
        told = "no job is installed: stockml schedule install --cron" if jobs else "no job is switched on"
        return [Text(told if seen.fleet else "looking ...", "dim")]
    kept.sort(key=lambda one: (not one["overdue"], one["next"] or "9"))
    width = max(len(one["name"]) for one in kept)
    return paper.scrolled([_line(one, width, paper) for one in kept], state.scrolled("jobs"))


def _jobs(seen: Seen) -> list[dict[str, Any]]:
    return seen.fleet["jobs"] if seen.fleet else []


def _line(one: dict[str, Any], width: int, paper: Paper) -> Text:
    from rich.text import Text

    line = Text(f"{one['name']:<{width}} ")
    if one["overdue"]:
        line.append("overdue ", palette.LEVELS["bad"])
        line.append(one["remark"] or "")
        return line
    line.append(f"next {_short(one['next'])}")
    if paper.width >= ROOMY:
        line.append(f"  last {_last(one)}", "dim")
    return line


def _last(one: dict[str, Any]) -> str:
    if one["last_start"] is None:
        return NONE
    result = "runs" if one["last_exit"] is None else f"exit {one['last_exit']}"
    return f"{_short(one['last_start'])} {result}"


def _short(stamp: str | None) -> str:
    """An instant without its year, in UTC: 11-22 02:00."""
    return NONE if stamp is None else stamp[5:16].replace("T", " ")
