"""Runs every check and the positive control, and says in one word what follows."""

from __future__ import annotations

import dataclasses
from typing import Any

from stockml.audit import checks, control
from stockml.audit.subject import Finding, Subject
from stockml.errors import StockmlError
from stockml.pace import Tell, silent

PASSED, FAILED, INCONCLUSIVE = "passed", "failed", "inconclusive"


def reach(subject: Subject, tell: Tell = silent) -> dict[str, Any]:
    """Audit a subject: {"passed", "verdict", "detail", "checks", "control"}, as plain JSON.

    `failed` if a check failed; `inconclusive` if one could not be judged, or a planted leak went unseen: then
    what passed proves nothing.
    """
    names = checks.names()
    findings = []
    for done, name in enumerate(names):
        tell("check", done, len(names) + 1, name)
        findings.append(dataclasses.asdict(_find(name, subject)))
    tell("check", len(names), len(names) + 1, "control: planted leaks")
    planted = _control(subject, [one["name"] for one in findings if one["passed"] is not False])
    verdict, detail = conclude(findings, planted)
    return {
        "passed": verdict == PASSED,
        "verdict": verdict,
        "detail": detail,
        "checks": findings,
        "control": planted,
    }


def _find(name: str, subject: Subject) -> Finding:
    try:
        found: Finding = checks.load(name).check(subject)
        return found
    except StockmlError as error:
        return Finding(name, None, error.message)


def _control(subject: Subject, usable: list[str]) -> dict[str, Any]:
    try:
        return control.run(subject, usable)
    except StockmlError as error:
        return {"planted": 0, "caught": 0, "kinds": [], "detail": error.message}


def conclude(findings: list[dict[str, Any]], planted: dict[str, Any]) -> tuple[str, str]:
    """(verdict, why) that follow from the checks and the control, both as they are recorded."""
    if failed := [one for one in findings if one["passed"] is False]:
        return FAILED, f"{failed[0]['name']}: {failed[0]['detail']}"
    if unsure := [one for one in findings if one["passed"] is None]:
        return INCONCLUSIVE, f"{unsure[0]['name']} could not be judged: {unsure[0]['detail']}"
    if missed := [one["kind"] for one in planted["kinds"] if one["caught_by"] is None]:
        return INCONCLUSIVE, f"a planted leak went unseen: {', '.join(missed)}; what passed proves nothing"
    if not planted["planted"]:
        return INCONCLUSIVE, "no leak could be planted, so nothing shows that one would be seen"
    return (
        PASSED,
        f"{len(findings)} checks passed; {planted['caught']} of {planted['planted']} planted leaks were caught",
    )
