"""Every label is the return that followed, known exactly when its last session closes."""

from __future__ import annotations

import numpy as np

from stockml.audit.futures import Future
from stockml.audit.subject import Finding, Subject, outcomes
from stockml.models.inputs import Inputs

ORDER = 20
TOLERANCE = 1e-12  # of a log return: the same quotient by another order of operations


def check(subject: Subject) -> Finding:
    """Recompute ln(close[t + h] / close[t]) from the bars; compare labels and the sessions they are known at.

    Both with all bars and with bars cut: there, a label whose end lies beyond the cut must be missing.
    """
    compared = 0
    for future in (Future(), Future("cut", subject.day(subject.cut))):
        inputs = subject.inputs(future)
        for index, symbol in enumerate(inputs.symbols):
            for horizon in subject.plan.horizons:
                wrong = _wrong(subject, inputs, future, index, horizon)
                if wrong:
                    return Finding("labels", False, f"{symbol} at horizon {horizon}: {wrong}")
                compared += len(inputs.place[index])
    if not compared:
        return Finding("labels", None, "there are no bars")
    return Finding("labels", True, f"{compared} labels are the returns that followed, known when they ended")


def _wrong(subject: Subject, inputs: Inputs, future: Future, index: int, horizon: int) -> str:
    series = subject.bars(future).get(inputs.symbols[index])
    if series is None:
        return ""
    expected, given = outcomes(series, horizon), inputs.forward(index, horizon)
    if len(given) != len(expected):
        return f"{len(given)} labels of {len(expected)} bars"
    missing = np.isnan(expected)
    if not np.isnan(given[missing]).all():
        return "a label is there before its outcome is"
    if not np.allclose(given[~missing], expected[~missing], rtol=0.0, atol=TOLERANCE):
        return "a label is not the return that followed"
    known = inputs.known_at(index, horizon)
    ends = np.searchsorted(inputs.sessions, series.session)[horizon:]
    if not np.array_equal(known[: len(ends)], ends):
        return "a label counts as known at another session than its last"
    if (known[len(ends) :] < len(inputs.sessions)).any():
        return "an outcome that is still to come counts as known"
    return ""
