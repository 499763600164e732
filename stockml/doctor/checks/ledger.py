"""Whether the ledger's file is whole and its chains end where they should."""

from __future__ import annotations

from stockml.doctor.case import Case
from stockml.doctor.finding import Finding
from stockml.ledger import chain, soundness
from stockml.ledger.schema import CHAINS, FORMAT

NAME, ORDER, NEEDS_WORKSPACE = "ledger", 60, True
RESTORE = "stockml ledger verify; then stockml backup restore, or move the file away to begin anew"


def check(case: Case) -> list[Finding]:
    path = case.workspace.ledger_file
    if not path.exists():
        return [Finding(NAME, "nothing", "note", "there is no ledger yet: nothing has run", "stockml train --all")]
    ledger = case.env.ledger
    row = ledger.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    if row is None or row[0] != str(FORMAT):
        return [_of_format(row and row[0])]
    problems, looked = soundness.problems(ledger, path.stat().st_size)
    if problems:
        told = f"the ledger is damaged: {problems[0]}"
        return [Finding(NAME, "damaged", "bad", told, RESTORE, {"problems": problems})]
    ends = {one.name: chain.head(ledger, one).number for one in CHAINS}
    words = ", ".join(f"{count:,} {name}" for name, count in ends.items())
    told = f"{words}; its chains end where they should" + ("" if looked else "; too large to be read whole here")
    return [Finding(NAME, "whole", "ok", told, "" if looked else "stockml ledger verify reads every row", {**ends})]


def _of_format(found: str | None) -> Finding:
    if found == "1":
        told = "the ledger is of format 1 and will be migrated by the next command that writes"
        return Finding(NAME, "old", "note", told, "stockml backup create, before that")
    told = f"the ledger is of format {found}, this stockml reads {FORMAT}"
    return Finding(NAME, "format", "bad", told, "upgrade stockml, or restore the ledger from a backup")
