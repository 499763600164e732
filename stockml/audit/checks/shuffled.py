"""Where nothing can be learned, nothing is: with sessions or labels shuffled, forecasts are no better than chance."""

from __future__ import annotations

from stockml.audit import relabelled
from stockml.audit.chance import Sight, mean_of, sight
from stockml.audit.futures import Future
from stockml.audit.subject import Finding, Subject, outcomes
from stockml.evidence import CHANCE_AUC
from stockml.models.inputs import Inputs
from stockml.models.model import Model

ORDER = 80


def check(subject: Subject) -> Finding:
    """Fit on permuted sessions, then on permuted training labels; the pooled AUC after the cut must be chance.

    It fails only where its interval lies wholly outside the band (`evidence.CHANCE_AUC`), so that a small sample,
    whose interval is wide, is not accused by chance.
    """
    if not subject.learns:
        return Finding("shuffled", True, "the recipe has no direction model: nothing is learned")
    seen = []
    for what, measured in (("sessions", _sessions(subject)), ("labels", _labels(subject))):
        for horizon, one in measured.items():
            if not one.judgeable:
                return Finding("shuffled", None, f"{what} shuffled, horizon {horizon}: {one}; too few to judge")
            if one.outside:
                low, high = CHANCE_AUC
                told = f"{what} shuffled, horizon {horizon}: {one}, outside {low} to {high}"
                return Finding("shuffled", False, told)
            seen.append(one)
    furthest = max(seen, key=lambda one: abs((one.auc or 0.5) - 0.5))
    return Finding("shuffled", True, f"of {len(seen)} shuffled runs, furthest from chance: {furthest}")


def _sessions(subject: Subject) -> dict[int, Sight]:
    future = Future("permuted", 0, subject.seed)
    return _sights(subject, subject.inputs(future), subject.model(future, bare=True))


def _labels(subject: Subject) -> dict[int, Sight]:
    """The mean of a fit on dealt labels and one on their opposites: each may lean towards a real effect by chance.

    Antithetic variates (Hammersley & Morton 1956): what one gains by that the other loses, a leak helps both.
    """
    inputs = subject.inputs()
    both = []
    for sign in (1.0, -1.0):
        dealt = relabelled.permuted(inputs, subject.plan.horizons, subject.embargoed, subject.seed, sign)
        both.append(_sights(subject, inputs, subject.procedure.fit(dealt, subject.bare, subject.cut)))
    return {horizon: mean_of(both[0][horizon], both[1][horizon]) for horizon in subject.plan.horizons}


def _sights(subject: Subject, inputs: Inputs, model: Model) -> dict[int, Sight]:
    return {
        h: sight(subject.procedure, inputs, model, h, subject.cut, [outcomes(one, h) for one in inputs.fleet])
        for h in subject.plan.horizons
    }
