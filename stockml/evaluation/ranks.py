"""Ranks with ties: placements of one class among the other, and mid-ranks within groups."""

from __future__ import annotations

import numpy as np

from stockml.arrays import Flags, Floats, Integers


def placements(score: Floats, positive: Flags) -> Floats | None:
    """The share of the other class that each row beats, ties counting half; shape (n,), None with one class only.

    A positive beats the negatives below it, a negative the positives above it. Either class's mean is the AUC
    (DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44, eq. 3).
    """
    positives = int(np.count_nonzero(positive))
    negatives = len(positive) - positives
    if not positives or not negatives:
        return None
    order = np.argsort(score)
    sorted_score = score[order]
    begin, end, group = _ties(sorted_score[1:] != sorted_score[:-1])
    seen = np.concatenate([[0], np.cumsum(positive[order])])
    positives_below = 0.5 * (seen[begin] + seen[end])
    below = 0.5 * (begin + end) - positives_below
    beaten = np.where(positive[order], (below / negatives)[group], (1.0 - positives_below / positives)[group])
    placed = np.empty(len(score))
    placed[order] = beaten
    return placed


def mid_ranks(values: Floats, group: Integers) -> Floats:
    """Rank of each value within its group plus a number common to the group; ties share their mean; shape (n,).

    What is common drops out of correlations, which is what these ranks are for.
    """
    order = np.lexsort((values, group))
    sorted_values, sorted_group = values[order], group[order]
    changed = (sorted_values[1:] != sorted_values[:-1]) | (sorted_group[1:] != sorted_group[:-1])
    begin, end, tie = _ties(changed)
    ranks = np.empty(len(values))
    ranks[order] = (0.5 * (begin + end))[tie]
    return ranks


def _ties(changed: Flags) -> tuple[Integers, Integers, Integers]:
    """Begin and end of each run of equal values, and the run of each place; `changed` has n - 1 flags, n >= 1."""
    first = np.concatenate([[True], changed])
    begin = np.flatnonzero(first)
    return begin, np.append(begin[1:], len(first)), np.cumsum(first) - 1
