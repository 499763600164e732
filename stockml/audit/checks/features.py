"""No input of a session changes when the bars after it are cut, or were others."""

from __future__ import annotations

import numpy as np

from stockml.audit import comparison
from stockml.audit.futures import Future
from stockml.audit.subject import Finding, Subject
from stockml.clock import from_day

ORDER = 10
CUTS = 3
FEWEST = 550  # sessions before a cut: extra indicators are checked on 500 bars before they are used
SHOWN = 5


def check(subject: Subject) -> Finding:
    """Compare features, variance, volatility regressors and market at three random sessions, bit for bit.

    The bars after a session are cut, replaced by noise, and shuffled; what was computed up to there must stay.
    """
    count = len(subject.sessions)
    if count < FEWEST + CUTS:
        return Finding("features", None, f"{count} sessions are too few: it takes {FEWEST + CUTS}")
    rng = np.random.default_rng([subject.seed, ORDER])
    places = sorted(rng.choice(np.arange(FEWEST, count - 1), CUTS, replace=False).tolist())
    whole = subject.inputs()
    for place in places:
        day = subject.day(place)
        for kind, what in (("cut", "are cut"), ("other", "are others"), ("shuffled", "are shuffled")):
            found = comparison.inputs_differ(whole, subject.inputs(Future(kind, day, subject.seed + place)), day)
            if found:
                more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
                named = ", ".join(found[:SHOWN]) + more
                return Finding("features", False, f"bars after {from_day(day)} {what}: {named} changes before")
    days = ", ".join(from_day(subject.day(place)).isoformat() for place in places)
    what = f"{len(whole.names)} features, variance and market" if whole.names else "variance and market"
    return Finding("features", True, f"{what} of {len(whole.symbols)} symbols: the same to the bit at {days}")
