"""Whether the machine's time can be trusted: kept by NTP, and not behind what the ledger has seen already."""

from __future__ import annotations

from datetime import datetime, timedelta

from stockml.bars import store
from stockml.clock import from_day, parse_stamp, stamp, to_day
from stockml.doctor import programs
from stockml.doctor.case import Case
from stockml.doctor.finding import Finding

NAME, ORDER, NEEDS_WORKSPACE = "clock", 40, False
TOLERANCE = timedelta(minutes=2)
ASK = ("timedatectl", "show", "--property=NTPSynchronized", "--value")
ADVICE = "set the clock (timedatectl set-ntp true); until then times and ages in the ledger are wrong"


def check(case: Case) -> list[Finding]:
    last = _last_written(case)
    newest = None
    if case.exists and case.workspace.market_file.exists():
        stored = store.newest(case.env.market, case.rules.data.interval)
        newest = max((one.last for one in stored.values() if one.rows), default=None)
    return judge(case.now, last, newest, programs.ask(ASK).output.strip())


def judge(now: datetime, last: datetime | None, newest: int | None, synchronised: str) -> list[Finding]:
    """Findings from the present, when the ledger was last written, the newest bar's day, and what timedatectl says."""
    found = []
    if last is not None and last > now + TOLERANCE:
        told = f"the machine's clock says {stamp(now)}, and the ledger was written at {stamp(last)} already"
        found.append(Finding(NAME, "behind", "bad", f"{told}: it was set back", ADVICE))
    if newest is not None and newest > to_day(now.date()) + 1:
        told = f"the newest bar is of {from_day(newest)}, and the machine's clock says {now:%Y-%m-%d}"
        found.append(Finding(NAME, "before_bars", "bad", told, ADVICE))
    if synchronised == "no":
        told = "the clock is not kept by NTP; a clock that drifts makes jobs run at the wrong time"
        found.append(Finding(NAME, "unsynchronised", "warning", told, "timedatectl set-ntp true"))
    kept = "kept by NTP" if synchronised == "yes" else "this machine does not tell whether NTP keeps it"
    return found or [Finding(NAME, "right", "ok", f"{stamp(now)}; {kept}")]


def _last_written(case: Case) -> datetime | None:
    """When the ledger was written last, by the machine's clock."""
    if not case.exists or not case.workspace.ledger_file.exists():
        return None
    row = case.env.ledger.execute("SELECT max(recorded_at) FROM runs").fetchone()
    return parse_stamp(row[0]) if row[0] else None
