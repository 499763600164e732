"""The positive control: known leaks are planted, and each must be caught by a check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from stockml.audit import checks
from stockml.audit.planted import LEAKS, Leak
from stockml.audit.subject import Subject

ROUNDS = 10  # of boosting: a leak is in the rows or in the numbers, not in how many trees see it

SEED = 0  # of the plants: base rate, of what calibration could take from the judged sessions


def kinds(subject: Subject) -> list[Leak]:
    """The kinds of leak that this procedure could have: one without a direction model has no features to plant in."""
    regression = any(name.endswith(".logit.json") for name in subject.model(bare=True).files)
    return [
        one for one in LEAKS
        if (subject.learns or not one.needs_model) and (regression or not one.needs_regression)
    ]  # fmt: skip


def run(subject: Subject, usable: Sequence[str] | None = None) -> dict[str, Any]:
    """Plant each kind once, on a smaller budget. Returns {"planted", "caught", "kinds": [{kind, caught_by}]}.

    `usable` are the checks that may catch it: one that fails without a planted leak proves nothing by failing.
    """
    names = checks.names() if usable is None else list(usable)
    small = smaller(subject)
    found = []
    for leak in kinds(subject):
        sabotaged = replace(small, procedure=leak.plant(small.procedure, leak.usual, SEED))
        found.append({"kind": leak.kind, "caught_by": caught_by(sabotaged, leak, names)})
    caught = sum(one["caught_by"] is not None for one in found)
    return {"planted": len(found), "caught": caught, "kinds": found}


def smaller(subject: Subject) -> Subject:
    """The same with fewer rounds, the longest horizon only, and nothing remembered."""
    options = dict(subject.plan.options)
    if "rounds" in subject.plan.effective_options():
        options["rounds"] = ROUNDS
    plan = replace(subject.plan, options=options, horizons=(max(subject.plan.horizons),), folds=1, windows=1)
    return replace(subject, plan=plan, memo={})


def caught_by(subject: Subject, leak: Leak, names: Sequence[str]) -> str | None:
    """The first check that fails on a sabotaged subject, the one that aims at the leak before the others."""
    for name in sorted(names, key=lambda name: name != leak.aim):
        if checks.load(name).check(subject).passed is False:
            return name
    return None
