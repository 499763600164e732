"""Whether the ledger's file is whole and its chains end where they should; `ledger verify` walks every row."""

from __future__ import annotations

from stockml.ledger import chain, soundness
from stockml.ledger.schema import CHAINS
from stockml.monitor.finding import Finding
from stockml.monitor.watch import Watch

NAME, ORDER = "ledger", 70


def check(watch: Watch) -> list[Finding]:
    ledger = watch.env.ledger
    size = watch.env.workspace.ledger_file.stat().st_size
    # A replay asks at every session of years: it is the record that is watched there, not the machine's disk.
    wrong, whole = soundness.problems(ledger, size, pages=watch.env.kept is None)
    if wrong:
        return [Finding(NAME, "damaged", None, "bad", f"{wrong[0]}; see 'stockml ledger verify'", {"problems": wrong})]
    ends = {one.name: chain.head(ledger, one).number for one in CHAINS}
    told = ", ".join(f"{count:,} {name}" for name, count in ends.items())
    only = "" if whole or watch.env.kept is not None else f"; {size >> 20} MB: only the ends were looked at"
    return [Finding(NAME, "whole", None, "ok", f"{told}{only}", {**ends, "bytes": size})]
