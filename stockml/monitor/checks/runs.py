"""Whether the last run of each command came to an end; whether jobs run at all is asked in `jobs`."""

from __future__ import annotations

from stockml.clock import age_days, stamp
from stockml.errors import NOTHING_DONE
from stockml.monitor.finding import Finding, plural
from stockml.monitor.watch import Watch

NAME, ORDER = "runs", 74
LONG_HOURS = 3.0


def check(watch: Watch) -> list[Finding]:
    """One finding of each command whose newest run was killed or could do nothing, or else one of all."""
    env = watch.env
    newest = env.ledger.execute(
        "SELECT command, id, max(started_at) AS started_at, ended_at, exit_code FROM runs "
        "WHERE started_at <= ? AND command NOT LIKE 'monitor%' GROUP BY command ORDER BY command",
        (stamp(env.clock.now()),),
    ).fetchall()
    found = []
    for run in newest:
        figures = {"command": run["command"], "run": run["id"], "started_at": run["started_at"]}
        hours = 24.0 * age_days(run["started_at"], env.clock.now())
        if run["ended_at"] is None and hours > LONG_HOURS:
            told = f"the last {run['command']} began at {run['started_at']} and has no end: it was killed, or hangs"
            found.append(Finding(NAME, "killed", None, "warn", told, figures))
        elif run["exit_code"] == NOTHING_DONE:
            told = f"the last {run['command']}, begun at {run['started_at']}, could do nothing (exit {NOTHING_DONE})"
            found.append(Finding(NAME, "failed", None, "warn", told, figures))
    told = f"the last runs of {plural(len(newest), 'command')} came to an end" if newest else "nothing has run yet"
    return found or [Finding(NAME, "ended", None, "ok", told, {"commands": len(newest)})]
