"""Whether time zones and exchange calendars are known: jobs and sessions are planned by them."""

from __future__ import annotations

import os

from stockml import clock
from stockml.bars import calendar
from stockml.clock import to_day
from stockml.doctor.case import Case
from stockml.doctor.finding import Finding
from stockml.schedule import jobs

NAME, ORDER, NEEDS_WORKSPACE = "zone", 42, False


def check(case: Case) -> list[Finding]:
    wanted = {job.zone for job in jobs.enabled(case.rules) if job.zone}
    unknown = sorted(zone for zone in wanted if not jobs.is_zone(zone))
    system = clock.machine_zone({}) if os.environ.get("TZ") else clock.machine_zone()
    return judge(clock.machine_zone(), system, os.environ.get("TZ", ""), unknown) + _calendars(case)


def judge(here: str, system: str, variable: str, unknown: list[str]) -> list[Finding]:
    """Findings from the zone of this process, that of the system, $TZ, and zones of jobs that nobody knows here."""
    found = []
    if unknown:
        told = f"this machine does not know the time zone {unknown[0]}"
        found.append(Finding(NAME, "unknown", "bad", told, "apt-get install tzdata, or: pip install tzdata"))
    if variable and not jobs.is_zone(variable.removeprefix(":")):
        told = f"TZ is {variable!r}, which is no time zone; {here} is used"
        found.append(Finding(NAME, "variable", "warning", told, "unset TZ, or name one like Europe/London"))
    elif variable and here != system:
        told = f"this shell's time zone is {here} (TZ), that of the system, and of its jobs, is {system}"
        found.append(Finding(NAME, "shell", "note", told, f"stockml config set schedule.zone {here}"))
    return found or [Finding(NAME, "known", "ok", f"the machine's time zone is {here}")]


def _calendars(case: Case) -> list[Finding]:
    """Exchanges whose sessions are known for less than 60 days ahead."""
    if not case.exists or not case.workspace.market_file.exists():
        return []
    config, today = case.rules, to_day(case.now.date())
    names = {calendar.name_for(symbol, config.data.calendars) for symbol in config.symbols}
    told = [calendar.horizon_warning(case.env.market, name, today) for name in sorted(names)]
    if config.as_of is not None:  # its calendars end where its data do
        return []
    return [Finding(NAME, "calendar", "warning", words, "pip install -U exchange_calendars") for words in told if words]
