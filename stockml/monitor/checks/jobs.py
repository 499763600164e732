"""Whether the scheduled jobs run: each that was put into service left its heartbeats."""

from __future__ import annotations

from stockml.monitor.finding import Finding, plural
from stockml.monitor.watch import Watch

NAME, ORDER = "jobs", 73


def check(watch: Watch) -> list[Finding]:
    """One finding of each job that is overdue, or else one of all.

    Shown here and not alerted: whatever looks at the jobs tells of them in the area of the schedule, once.
    """
    found = watch.jobs
    late = [
        Finding(
            NAME, one.overdue.kind, None, "bad", f"{one.job.name} {one.overdue.sentence}", {"job": one.job.name},
            silent=True,
        )
        for one in found
        if one.overdue.kind
    ]  # fmt: skip
    kept = sum(one.job.enabled and one.known.kept for one in found)
    if not kept:
        return [Finding(NAME, "none", None, "ok", "no job is installed: stockml schedule install")]
    told = f"{plural(kept, 'job')} installed, none overdue"
    return late or [Finding(NAME, "ran", None, "ok", told, {"installed": kept})]
