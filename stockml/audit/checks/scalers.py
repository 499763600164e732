"""What scales features, classes and volatility is fitted on the training rows and on nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stockml.arrays import Flags, Floats32
from stockml.audit import comparison
from stockml.audit.subject import Finding, Subject
from stockml.models.inputs import Inputs

ORDER = 40
FITTED = ("class_cuts", "har")


def check(subject: Subject) -> Finding:
    """Refit after all rows outside the training window got other values, before as after it.

    The stored mean and spread of a regression, the class bounds and the volatility coefficients must stay.
    """
    if subject.embargoed < 1:
        return Finding("scalers", None, "there are too few sessions before the cut")
    whole = subject.model(bare=True)
    other = subject.procedure.fit(_scrambled(subject), subject.bare, subject.cut)
    found = comparison.statistics_differ(whole, other)
    found += comparison.parameters_differ(whole, other, lambda name: name in FITTED)
    if found:
        return Finding("scalers", False, f"{found[0]} depends on rows outside the training window")
    if subject.learns and not whole.files:
        return Finding("scalers", None, "too few bars to fit a direction model")
    return Finding("scalers", True, "mean, spread, class bounds and volatility rest on training rows only")


def _scrambled(subject: Subject) -> Inputs:
    """The inputs with noise in every row that no training row of the cut touches."""
    inputs = subject.inputs()
    rng = np.random.default_rng([subject.seed, ORDER])
    blocks, variance, har, fleet = [], [], [], []
    for index, series in enumerate(inputs.fleet):
        place = inputs.place[index]
        outside = (place <= subject.cut - subject.plan.window_sessions) | (place > subject.embargoed)
        noise = np.exp(rng.standard_normal(len(series)))
        variance.append(np.where(outside, inputs.variance[index] * noise, inputs.variance[index]))
        har.append(np.where(outside, inputs.har[index] * noise, inputs.har[index]))
        fleet.append(replace(series, close=np.where(outside, series.close * noise, series.close), memo={}))
        if inputs.blocks:
            blocks.append(_noisy(inputs, index, outside, rng))
    return replace(inputs, blocks=tuple(blocks), variance=tuple(variance), har=tuple(har), fleet=tuple(fleet))


def _noisy(inputs: Inputs, index: int, outside: Flags, rng: np.random.Generator) -> Floats32:
    block = inputs.blocks[index].copy()
    rows = outside[inputs.first[index] :]
    block[:, rows] = 3.0 * rng.standard_normal((len(block), int(rows.sum())))
    return block
