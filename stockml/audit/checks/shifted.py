"""Labels moved further into the future cannot be told; labels of the past can, which proves that the check sees."""

from __future__ import annotations

from stockml.audit import relabelled
from stockml.audit.chance import Sight, sight
from stockml.audit.subject import Finding, Subject, outcomes
from stockml.evidence import AUDIT_POWER_AUC

ORDER = 70


def check(subject: Subject) -> Finding:
    """Fit on returns from t + h to t + 2h, then on those from t - h to t.

    The first must not be told better than chance: a bar that is dated too early would give it away. The second
    are wholly known at t, and a procedure that cannot tell even them says nothing about the first.
    """
    if not subject.learns:
        return Finding("shifted", True, "the recipe has no direction model: nothing is learned")
    horizons = subject.plan.horizons
    past = _sight(subject, {h: -h for h in horizons})
    for horizon, one in past.items():
        if not one.judgeable:
            return Finding("shifted", None, f"past labels, horizon {horizon}: {one}; too few to judge")
        if one.auc is None or one.auc < AUDIT_POWER_AUC:
            told = f"past labels, horizon {horizon}: {one}; without power below {AUDIT_POWER_AUC}"
            return Finding("shifted", None, told)
    later = _sight(subject, {h: h for h in horizons})
    for horizon, one in later.items():
        if one.above:
            return Finding("shifted", False, f"labels {horizon} sessions later, horizon {horizon}: {one}, above chance")
    best = max(later.values(), key=lambda one: one.auc or 0.0)
    weakest = min(past.values(), key=lambda one: one.auc or 0.0)
    return Finding("shifted", True, f"later labels at best {best}; past labels at least {weakest.auc or 0.0:.3f}")


def _sight(subject: Subject, leads: dict[int, int]) -> dict[int, Sight]:
    inputs = subject.inputs()
    moved = relabelled.shifted(inputs, subject.plan.horizons, leads)
    model = subject.procedure.fit(moved, subject.bare, subject.cut)
    return {
        h: sight(subject.procedure, inputs, model, h, subject.cut, [outcomes(one, h, leads[h]) for one in inputs.fleet])
        for h in subject.plan.horizons
    }
