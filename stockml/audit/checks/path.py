"""A forecast made from bars cut at its session is the one made with the future at hand, bit for bit."""

from __future__ import annotations

import numpy as np

from stockml.audit import comparison
from stockml.audit.futures import Future
from stockml.audit.subject import Finding, Subject
from stockml.clock import from_day

ORDER = 60
ORIGINS = 3


def check(subject: Subject) -> Finding:
    """The whole way twice: fit from bars cut at the cut, forecast from bars cut at three random later sessions."""
    later = np.arange(subject.cut, len(subject.sessions) - max(subject.plan.horizons))
    if subject.cut < 1 or len(later) < ORIGINS:
        return Finding("path", None, "there are too few sessions around the cut")
    whole = subject.model()
    cut = subject.model(Future("cut", subject.day(subject.cut)))
    found = comparison.files_differ(whole, cut) + comparison.parameters_differ(whole, cut)
    if found:
        return Finding(
            "path", False, f"the fit from bars cut at {from_day(subject.day(subject.cut))} has another {found[0]}"
        )
    rng = np.random.default_rng([subject.seed, ORDER])
    places = sorted(rng.choice(later, ORIGINS, replace=False).tolist())
    compared = 0
    for place in places:
        day = subject.day(place)
        made, wrong = _compare(subject, place, day)
        if wrong:
            return Finding(
                "path", False, f"the forecast of {from_day(day)} has another {wrong} with the future at hand"
            )
        compared += made
    if not compared:
        return Finding("path", None, "no symbol had enough bars to be forecast")
    days = ", ".join(from_day(subject.day(place)).isoformat() for place in places)
    return Finding("path", True, f"{compared} forecasts of {days}: the same to the bit from bars cut there")


def _compare(subject: Subject, place: int, day: int) -> tuple[int, str]:
    """(forecasts compared, what differs) at one origin; the long walk reaches to the last bar."""
    procedure, model = subject.procedure, subject.model()
    inputs, then = subject.inputs(), subject.inputs(Future("cut", day))
    end = len(inputs.sessions) - 1
    compared = 0
    for symbol in subject.symbols:
        for horizon in subject.plan.horizons:
            long = procedure.walk(inputs, model, symbol, horizon, place - 1, end)
            short = procedure.walk(then, model, symbol, horizon, place - 1, place)
            found = comparison.paths_differ(long, short, day)
            if found:
                return compared, f"{found[0]} for {symbol} at horizon {horizon}"
            compared += int((long.session == day).sum())
    return compared, ""
