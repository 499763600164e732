"""Nothing that is calibrated on held-out forecasts knows an outcome after the cut."""

from __future__ import annotations

from stockml.audit import comparison
from stockml.audit.futures import Future
from stockml.audit.subject import Finding, Subject
from stockml.clock import from_day

ORDER = 50
WHAT = "k, base rate, class bounds, volatility, scores, conformal states and what is shown"


def check(subject: Subject) -> Finding:
    """Refit, folds and held-out windows included, with other bars after the cut: every parameter must stay."""
    if subject.cut < 1:
        return Finding("calibration", None, "there are too few sessions before the cut")
    day = subject.day(subject.cut)
    whole, other = subject.model(), subject.model(Future("other", day, subject.seed))
    found = comparison.parameters_differ(whole, other) + comparison.files_differ(whole, other)
    if found:
        return Finding("calibration", False, f"other bars after the cut {from_day(day)} change {found[0]}")
    if not any(whole.of(horizon)["states"] for horizon in subject.plan.horizons):
        return Finding("calibration", None, "too few bars for conformal states")
    return Finding("calibration", True, f"{WHAT} of {from_day(day)} do not change with the bars after it")
