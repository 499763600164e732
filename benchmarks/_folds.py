"""The two ways of splitting rows that the K-fold lesson compares: shuffled, and forward in time with a gap."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from stockml.arrays import Places

Split = tuple[Places, Places]


def shuffled(rows: int, folds: int, seed: int) -> Iterator[Split]:
    """(training rows, test rows) of each fold: rows dealt out at random, each tested once. The leaking way."""
    dealt = np.random.default_rng(seed).permutation(rows)
    for test in np.array_split(dealt, folds):
        yield np.setdiff1d(np.arange(rows), test), np.sort(test)


def purged(rows: int, folds: int, gap: int) -> Iterator[Split]:
    """(training rows, test rows) of each fold: everything that came before a block, less the `gap` rows at its edge.

    The last `folds` of `folds` + 1 equal blocks are tested, in order, as in scikit-learn's TimeSeriesSplit.
    """
    blocks = np.array_split(np.arange(rows), folds + 1)
    for begin, end in itertools.pairwise([int(block[0]) for block in blocks[1:]] + [rows]):
        yield np.arange(max(begin - gap, 0)), np.arange(begin, end)
