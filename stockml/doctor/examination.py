"""Goes through all checks; one that fails is a finding like others, so that the rest is looked at all the same."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections import Counter
from typing import Any

from stockml.clock import stamp
from stockml.doctor import checks
from stockml.doctor.case import Case
from stockml.doctor.finding import Finding, worst
from stockml.errors import StockmlError

FAULTS = (StockmlError, OSError, sqlite3.Error, ValueError, LookupError, TypeError)  # what damaged files can cause


def examine(case: Case) -> dict[str, Any]:
    """`result` of `doctor`: every finding, in the order of the checks. Without a workspace its checks are left out."""
    found: list[Finding] = []
    for name in checks.names():
        check = checks.load(name)
        if case.exists or not check.NEEDS_WORKSPACE:
            found += _checked(check, case)
    levels = [one.level for one in found]
    return {
        "at": stamp(case.now),
        "workspace": str(case.workspace.home) if case.exists else None,
        "level": worst(levels),
        "counts": dict(Counter(levels)),
        "findings": [dataclasses.asdict(one) for one in found],
    }


def _checked(check: Any, case: Case) -> list[Finding]:
    try:
        found: list[Finding] = check.check(case)
        return found
    except FAULTS as error:
        told = error.message if isinstance(error, StockmlError) else f"{type(error).__name__}: {error}"
        advice = error.hint if isinstance(error, StockmlError) else ""
        return [Finding(check.NAME, "unchecked", "warning", f"this could not be looked at: {told}", advice)]
