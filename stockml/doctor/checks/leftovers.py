"""What crashed or killed processes left: half-written files, and reports of bugs."""

from __future__ import annotations

from stockml.cleanup import kinds
from stockml.cleanup.scene import Scene
from stockml.cleanup.thing import Thing
from stockml.doctor.case import Case
from stockml.doctor.finding import Finding, several

NAME, ORDER, NEEDS_WORKSPACE = "leftovers", 80, True
RECENT_DAYS = 7.0


def check(case: Case) -> list[Finding]:
    scene = Scene(case.env, case.now)
    return judge(kinds.load("temporary").found(scene), kinds.load("crashes").found(scene))


def judge(temporary: list[Thing], crashes: list[Thing]) -> list[Finding]:
    """Findings from temporary files and reports of bugs, as clean-up sees them."""
    found = []
    dead = [one for one in temporary if not one.protected]
    if dead:
        told = f"{several(len(dead), 'half-written file')} of processes that are gone, as {dead[0].name}"
        found.append(Finding(NAME, "temporary", "note", told, "stockml clean"))
    recent = sorted((one for one in crashes if one.age_days <= RECENT_DAYS), key=lambda one: one.age_days)
    if recent:
        told = f"{several(len(recent), 'report')} of bugs in the last {RECENT_DAYS:g} days, the newest {recent[0].path}"
        found.append(Finding(NAME, "bugs", "note", told, "please report it; then delete the file"))
    return found or [Finding(NAME, "none", "ok", "nothing was left half-written, and no bug was met lately")]
