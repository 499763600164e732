"""Inputs whose outcomes are replaced by others: permuted, or of another time."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from stockml.arrays import Floats, Places
from stockml.audit.subject import outcomes
from stockml.models.inputs import Inputs

NEVER = int(np.iinfo(np.int64).max)


@dataclass(frozen=True)
class Relabelled(Inputs):
    """The same inputs with given labels and the positions at which they are known, by (symbol's index, horizon)."""

    labels: dict[tuple[int, int], Floats]
    known: dict[tuple[int, int], Places]

    def forward(self, index: int, horizon: int) -> Floats:
        return self.labels[index, horizon]

    def known_at(self, index: int, horizon: int) -> Places:
        return self.known[index, horizon]


def shifted(inputs: Inputs, horizons: tuple[int, ...], leads: dict[int, int]) -> Inputs:
    """Labels of another time: the return over a horizon that begins `leads[horizon]` sessions after the forecast.

    A lead of minus the horizon is the return that just ended.
    """
    labels, known = {}, {}
    for horizon in horizons:
        ahead = leads[horizon] + horizon
        for index, series in enumerate(inputs.fleet):
            labels[index, horizon] = outcomes(series, horizon, leads[horizon])
            known[index, horizon] = _known(inputs.place[index], ahead, labels[index, horizon])
    return _with(inputs, labels, known)


def permuted(inputs: Inputs, horizons: tuple[int, ...], through: int, seed: int, sign: float = 1.0) -> Inputs:
    """The procedure's own labels, those known by a position dealt anew among themselves, alike for all symbols.

    `sign` -1 turns each of these around.
    """
    rank = np.random.default_rng(seed).permutation(len(inputs.sessions))
    labels, known = {}, {}
    for horizon in horizons:
        for index in range(len(inputs.symbols)):
            given, at = inputs.forward(index, horizon).copy(), inputs.known_at(index, horizon)
            rows = np.flatnonzero((at <= through) & np.isfinite(given))
            order = np.argsort(rank[inputs.place[index][rows]], kind="stable")
            given[rows] = sign * given[rows[order]]
            labels[index, horizon], known[index, horizon] = given, at
    return _with(inputs, labels, known)


def _known(place: Places, ahead: int, labels: Floats) -> Places:
    known = np.full(len(place), NEVER)
    if len(place) > ahead:
        known[: len(place) - ahead] = place[ahead:]
    known[~np.isfinite(labels)] = NEVER
    return known


def _with(inputs: Inputs, labels: dict[tuple[int, int], Floats], known: dict[tuple[int, int], Places]) -> Inputs:
    given = {part.name: getattr(inputs, part.name) for part in fields(Inputs)}
    return Relabelled(**given, labels=labels, known=known)
