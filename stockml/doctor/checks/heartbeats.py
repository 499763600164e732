"""Whether scheduled jobs ran when they were due, and when one last did its work."""

from __future__ import annotations

from stockml.clock import stamp
from stockml.doctor.case import Case
from stockml.doctor.finding import Finding, Level, several
from stockml.schedule import standing
from stockml.schedule.standing import Standing

NAME, ORDER, NEEDS_WORKSPACE = "heartbeats", 72, True


def check(case: Case) -> list[Finding]:
    if not case.workspace.ledger_file.exists():
        return []  # the check of the ledger says so
    return judge(standing.of_all(case.env, standing.clock_of(case.env)))


def judge(listed: tuple[Standing, ...]) -> list[Finding]:
    """Findings from how every job stands."""
    found = []
    for one in listed:
        if one.overdue.kind:
            silent = one.overdue.kind == "silent"
            level: Level = "bad" if silent else "warning"
            advice = "stockml schedule show: does cron or systemd run?" if silent else "stockml logs --area cron"
            told = f"{one.job.name} {one.overdue.sentence}"
            found.append(Finding(NAME, one.overdue.kind, level, told, advice))
    if found:
        return found
    ends = [(one.known.newest["ok"].at, one.job.name) for one in listed if "ok" in one.known.newest]
    kept = sum(one.known.kept for one in listed)
    if not kept:
        return []  # the check of the schedule says so
    if not ends:
        told = f"no run of {several(kept, 'job')} has ended yet"
        return [Finding(NAME, "none", "note", told, "stockml schedule show")]
    at, name = max(ends)
    return [Finding(NAME, "beating", "ok", f"no job is overdue; the last to do its work was {name}, {stamp(at)}")]
