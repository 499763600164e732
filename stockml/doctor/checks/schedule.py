"""Whether cron or systemd really hold the jobs of the table, and run them while nobody is logged in."""

from __future__ import annotations

from stockml.clock import machine_zone
from stockml.config.schema import Config
from stockml.doctor.case import Case
from stockml.doctor.finding import Finding, several
from stockml.schedule import calls, cron_table, cron_traps, installed, jobs, standing, systemctl
from stockml.schedule.installed import CRON, Kept

NAME, ORDER, NEEDS_WORKSPACE = "schedule", 70, True
AGAIN = "stockml schedule install {}"


def check(case: Case) -> list[Finding]:
    if not isinstance(case.loaded, Config):
        return []  # which jobs there should be is not known
    kept = installed.find(case.env)
    wanted = [job.name for job in jobs.enabled(case.loaded)]
    lingers = systemctl.lingers() if systemctl.USER.name in kept.all_keepers() else None
    found = judge(kept, wanted, _recorded(case), lingers)
    if CRON in kept.all_keepers():
        remarks = cron_traps.warnings(cron_table.read(), calls.identity(case.workspace), machine_zone({}))
        found += [Finding(NAME, "cron", "warning", remark, "stockml schedule show") for remark in remarks]
    if found:
        return found
    told = f"{several(len(wanted), 'job')} as the table says, kept by {' and '.join(sorted(kept.all_keepers()))}"
    return [Finding(NAME, "installed", "ok", told)]


def judge(kept: Kept, wanted: list[str], recorded: set[str], lingers: bool | None) -> list[Finding]:
    """Findings from what is kept by whom, the jobs that should be, those put into service, and if the user lingers."""
    keepers = kept.all_keepers()
    found = [Finding(NAME, "unknown", "note", f"not all could be looked at: {one}") for one in kept.problems]
    gone = sorted(recorded - set(kept.keepers))
    if gone:
        verb = "was" if len(gone) == 1 else "were"
        told = f"{several(len(gone), 'job')} ({gone[0]}) {verb} installed, and neither cron nor systemd has it now"
        return [*found, Finding(NAME, "gone", "bad", told, AGAIN.format("--cron, or --systemd"))]
    if not keepers:
        advice = "stockml schedule install --cron, or --systemd; docs/operations.md says which"
        return [*found, Finding(NAME, "none", "note", "nothing runs by itself: no job is installed", advice)]
    system = " --system" if systemctl.SYSTEM.name in keepers else ""
    again = AGAIN.format("--cron" if CRON in keepers else f"--systemd{system}")
    differing = sorted({*kept.differing, *(set(wanted) - set(kept.keepers)), *(set(kept.keepers) - set(wanted))})
    if differing:
        told = f"what is installed differs from the table, at {', '.join(differing[:3])}"
        found.append(Finding(NAME, "differs", "warning", told, again))
    twice = sorted(name for name, who in kept.keepers.items() if len(who) > 1)
    if twice:
        told = f"{twice[0]} is kept by {' and by '.join(kept.keepers[twice[0]])}; it runs once, and is started twice"
        found.append(Finding(NAME, "twice", "warning", told, "stockml schedule remove --cron, or --systemd"))
    if lingers is False:
        told = "user timers stop when you log out: lingering is off"
        found.append(Finding(NAME, "linger", "warning", told, "loginctl enable-linger"))
    return found


def _recorded(case: Case) -> set[str]:
    """Jobs that were put into service and not taken out of it, as far as we wrote it down."""
    if not case.workspace.ledger_file.exists():
        return set()
    listed = standing.of_all(case.env, standing.clock_of(case.env))
    return {one.job.name for one in listed if one.known.kept and one.job.enabled}
