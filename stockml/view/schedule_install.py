"""The schedule as people see it: what changes in cron or systemd, and the jobs with their next and last runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from stockml.view.plain import NONE

if TYPE_CHECKING:
    from rich.console import Console

COLOURS = {"+": "green", "-": "red", "@": "dim"}
WHERE = {"cron": "cron", "systemd user": "systemd", "systemd system": "system"}
SHOWN = 60  # lines of a difference; units are long and in the workspace


def changed(result: dict[str, Any], what: str) -> Callable[[Console], None]:
    """One change of cron or systemd: the difference, then what was done."""

    def show(console: Console) -> None:
        _diff(console, result["diff"])
        console.print(_sentence(result, what), soft_wrap=True)
        if what == "install" and not result["dry_run"]:
            console.print("see 'stockml schedule show'", style="dim")

    return show


def removed(result: dict[str, Any]) -> Callable[[Console], None]:
    """What was taken out, keeper by keeper."""

    def show(console: Console) -> None:
        for one in result["removed"]:
            _diff(console, one["diff"])
            console.print(_sentence(one, "remove"), soft_wrap=True)
        if not result["removed"]:
            console.print("nothing of this workspace is in cron or systemd")

    return show


def jobs(result: dict[str, Any]) -> Callable[[Console], None]:
    """A row for each job; remarks below, since they are sentences."""

    def show(console: Console) -> None:
        from rich.text import Text

        from stockml.view import tables

        made = tables.table(console.width, ("job", "when", "in", "next", "last run"), ("exit",))
        made.columns[1].no_wrap = False
        for one in result["jobs"]:
            style = "red" if one["overdue"] else "" if one["enabled"] else "dim"
            zone = "" if one["zone"] == result["machine_zone"] else f" {one['zone']}"
            where = ",".join(WHERE[keeper] for keeper in one["installed"]) or NONE
            where += " *" if one["differs"] else ""
            made.add_row(
                Text(one["name"], style), one["words"] + zone, where if one["enabled"] else f"off {where}".rstrip(" -"),
                _moment(one["next"], result), _moment(one["last_run"], result),
                NONE if one["last_exit"] is None else str(one["last_exit"]),
            )  # fmt: skip
        console.print(made)
        _remarks(console, result["jobs"])
        own = f"in cron and systemd this workspace is {result['name']}"
        console.print(f"next and last run in {result['machine_zone']}; {own}", style="dim")

    return show


def _remarks(console: Console, rows: list[dict[str, Any]]) -> None:
    """Each remark once, with the jobs it is about."""
    about: dict[str, list[str]] = {}
    for one in rows:
        if one["remark"]:
            about.setdefault(one["remark"], []).append(one["name"])
    for remark, names in about.items():
        who = ", ".join(names) if len(names) < len(rows) // 2 else f"{len(names)} jobs"
        console.print(f"{who}: {remark}", soft_wrap=True)


def _diff(console: Console, lines: list[str]) -> None:
    for line in lines[:SHOWN]:
        shown = "".join(mark if mark.isprintable() else " " for mark in line).rstrip()  # other people's bytes
        console.print(shown, style=COLOURS.get(line[:1], ""), soft_wrap=True)
    if len(lines) > SHOWN:
        console.print(f"... and {len(lines) - SHOWN} more lines", style="dim")


def _sentence(result: dict[str, Any], what: str) -> str:
    """What was done, or would be."""
    keeper, verb = result["keeper"], "would be" if result["dry_run"] else "was" if what == "undo" else "were"
    if not result["changed"]:
        return f"{keeper}: nothing to change"
    done = {"install": f"the jobs {verb} installed", "remove": f"our jobs {verb} taken out"}.get(what)
    done = done or f"the table from before our last change {verb} put back"
    saved = f"; the table from before is {result['saved']}" if result["saved"] else ""
    return f"{keeper}: {done}{saved}"


def _moment(stamp: str | None, result: dict[str, Any]) -> str:
    """An instant in the machine's zone, to the minute."""
    if stamp is None:
        return NONE
    moment = datetime.fromisoformat(stamp).astimezone(ZoneInfo(result["machine_zone"]))
    return f"{moment:%a %m-%d %H:%M}"
