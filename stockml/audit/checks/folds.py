"""The direction model of a cut does not change when the bars after its embargo do."""

from __future__ import annotations

from stockml import training
from stockml.audit import comparison
from stockml.audit.futures import Future
from stockml.audit.subject import Finding, Subject
from stockml.clock import from_day
from stockml.models.forecast import FEATURE_BARS

ORDER = 30


def check(subject: Subject) -> Finding:
    """Refit with other bars after `cut - embargo`: files, base rate and number of rows must stay to the bit.

    A missing purge and a shuffled split both put a later bar into a label. The rows that training chooses are
    also looked at one by one.
    """
    if subject.embargoed < 1:
        return Finding("folds", None, "there are too few sessions before the cut")
    late = _late(subject)
    if late:
        return Finding("folds", False, late)
    whole = subject.model(bare=True)
    day = subject.day(subject.embargoed)
    other = subject.model(Future("other", day, subject.seed), bare=True)
    found = comparison.files_differ(whole, other)
    found += comparison.parameters_differ(whole, other, lambda name: name in ("base_rate", "rows"))
    if found:
        return Finding("folds", False, f"other bars after {from_day(day)}, the end of the embargo, change {found[0]}")
    if subject.learns and not whole.files:
        return Finding("folds", None, "too few bars to fit a direction model")
    counted = sum(whole.of(horizon)["rows"] for horizon in subject.plan.horizons)
    embargo = f"embargo {subject.plan.embargo}"
    return Finding(
        "folds", True, f"{counted} training rows end by {from_day(day)} ({embargo}); what follows is not seen"
    )


def _late(subject: Subject) -> str:
    """A training row whose outcome was not known at the end of the embargo, from the bars' own sessions."""
    inputs, plan, cut = subject.inputs(), subject.plan, subject.cut
    for index, symbol in enumerate(inputs.symbols):
        for horizon in plan.horizons:
            rows = training.training_rows(
                inputs, index, horizon, cut - plan.window_sessions, subject.embargoed, FEATURE_BARS
            )
            ends = inputs.place[index][(rows + horizon).clip(max=len(inputs.place[index]) - 1)]
            if len(rows) and (rows[-1] + horizon >= len(inputs.place[index]) or ends.max() > subject.embargoed):
                return f"{symbol} at horizon {horizon}: a training row ends after the embargo"
    return ""
