"""Whether anybody is told when something goes wrong, and whether messages arrive."""

from __future__ import annotations

from stockml.alerts import delivery
from stockml.config import channels
from stockml.doctor.case import Case
from stockml.doctor.finding import Finding

NAME, ORDER, NEEDS_WORKSPACE = "alerts", 74, True


def check(case: Case) -> list[Finding]:
    names = [channels.name_of(one) for one in channels.read(case.rules.alerts.channels)]
    if not names:
        told = "nobody is told when something goes wrong: there is no alert channel"
        return [Finding(NAME, "none", "note", told, "docs/alerts.md shows how; then: stockml alerts test")]
    troubles = delivery.troubles(case.env) if case.workspace.ledger_file.exists() else []
    found = [Finding(NAME, "undelivered", "warning", told, "stockml alerts test") for told in troubles]
    return found or [Finding(NAME, "told", "ok", f"alerts go to {', '.join(names)}, and none waits for its delivery")]
