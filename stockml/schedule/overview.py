"""What `schedule show` shows: each job with its times, where it is installed, and how it ran."""

from __future__ import annotations

from typing import Any

from stockml import clock as clocks
from stockml.environment import Environment
from stockml.schedule import calls, installed, standing, wording
from stockml.schedule.installed import Kept
from stockml.schedule.standing import Standing

AGAIN = "run 'stockml schedule install --{}' again"
OPTION = {"cron": "cron", "systemd user": "systemd", "systemd system": "systemd --system"}


def show(env: Environment) -> tuple[dict[str, Any], list[str]]:
    """(`result` of `schedule show`, what could not be looked at in sentences)."""
    clock = standing.clock_of(env)
    kept = installed.find(env)
    listed = standing.of_all(env, clock)
    rows = [_row(one, row, kept) for one, row in zip(listed, standing.rows(listed), strict=True)]
    gone = sorted(set(kept.keepers) - {one.job.name for one in listed})
    warnings = [*kept.problems, *(_gone(name, kept.keepers[name]) for name in gone)]
    zone = clocks.machine_zone()
    return {"name": calls.identity(env.workspace), "machine_zone": zone, "jobs": rows}, warnings


def is_in_order(result: dict[str, Any]) -> bool:
    """Whether nothing is overdue, and what is installed is what the configuration asks for."""
    return not any(one["overdue"] or one["differs"] for one in result["jobs"])


def _row(one: Standing, row: dict[str, Any], kept: Kept) -> dict[str, Any]:
    name = one.job.name
    keepers, differing = kept.keepers.get(name, ()), list(kept.differing.get(name, ()))
    last = one.known.last_end
    lost = one.job.enabled and one.known.kept and not keepers and not kept.problems
    return {
        "name": name, "meaning": one.job.meaning, "schedule": row["schedule"], "words": wording.say(one.job.times),
        "zone": row["zone"], "command": list(one.job.command), "enabled": one.job.enabled, "installed": list(keepers),
        "differs": bool(differing) or lost, "next": row["next"] if one.job.enabled and keepers else None,
        "last_run": clocks.stamp(last.at) if last else None, "last_ok": row["last_ok"],
        "last_exit": row["last_exit"], "overdue": row["overdue"],
        "remark": _remark(one, keepers, differing, lost),
    }  # fmt: skip


def _remark(one: Standing, keepers: tuple[str, ...], differing: list[str], lost: bool) -> str | None:
    """The most urgent thing to say of a job."""
    if one.overdue.sentence:
        return one.overdue.sentence
    if lost:
        return "was installed and is gone from cron and systemd; install it again or run 'stockml schedule remove'"
    if differing:
        again = AGAIN.format(OPTION[differing[0]])
        what = "otherwise than the configuration says" if one.job.enabled else "though it is switched off"
        return f"in {' and '.join(differing)} {what}; {again}"
    if len(keepers) > 1:
        return f"in {' and '.join(keepers)}; each run is done once, but 'schedule remove' one of them"
    if one.job.enabled and not keepers:
        return standing.HINT
    return None


def _gone(name: str, keepers: tuple[str, ...]) -> str:
    again = AGAIN.format(OPTION[keepers[0]])
    return f"{' and '.join(keepers)} still holds the job {name}, which the configuration does not know; {again}"
