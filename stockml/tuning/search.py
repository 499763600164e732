"""Successive halving: many candidates on one fold, the best third on two, the best of those on all."""

from __future__ import annotations

import dataclasses
import functools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from stockml import training
from stockml.models import recipes
from stockml.models.inputs import Inputs
from stockml.training import Memo, Plan, Runner
from stockml.tuning import scoring, space
from stockml.tuning.scoring import Gains

KEPT = 3  # one candidate in so many goes on to the next rung (the eta of Li et al. 2018, who find 3 or 4 best)

Note = Callable[[dict[str, Any]], None]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Candidate:
    """Options, by number (0 is the configured ones), with the folds fitted so far and the gains over them."""

    number: int
    plan: Plan
    memo: Memo
    gains: Gains | None = None

    @property
    def score(self) -> float:
        """The mean gain, a fraction of the base rate's log loss; minus infinity where nothing was scored."""
        return float(self.gains.gain.mean()) if self.gains is not None else -math.inf


@dataclass(frozen=True)
class Ladder:
    """How the search goes up: the newest `folds` of `begins` at each rung, and how many candidates that takes."""

    through: int
    begins: tuple[int, ...]
    folds: tuple[int, ...]
    counts: tuple[int, ...]

    def shares(self) -> list[float]:
        """The share of all fits that is done after each rung."""
        steps = [now - before for now, before in zip(self.folds, (0, *self.folds), strict=False)]
        work = [step * count for step, count in zip(steps, self.counts, strict=True)]
        return [sum(work[: place + 1]) / sum(work) for place in range(len(work))]


@dataclass(frozen=True)
class Found:
    """The candidates of the last rung, the configured one first, the others by falling score.

    `tried` counts those with at least one fit. `late` says that the time limit left some out.
    """

    ladder: Ladder
    last: tuple[Candidate, ...]
    tried: int
    late: bool


def ladder(plan: Plan, cut: int, count: int) -> Ladder:
    """The rungs for `count` candidates of a model as of `cut`.

    Everything ends where the held-out windows begin that will judge the model: no candidate sees them.
    """
    windows = training.windows(plan, cut)
    through = windows[0][0] if windows else -1
    begins = tuple(begin for begin, _ in reversed(training.stretches(plan, through, plan.folds)))
    folds = tuple(sorted({one for one in (1, 2, len(begins)) if one <= len(begins)} - {0}))
    counts = [count]
    for _ in folds[1:]:
        counts.append(1 + math.ceil((counts[-1] - 1) / KEPT))
    return Ladder(through, begins, folds, tuple(counts[: len(folds)]))


def search(
    inputs: Inputs, plan: Plan, cut: int, trials: int, *, time_limit_s: float | None = None,
    run: Runner = training.one_by_one, note: Note | None = None, progress: Progress | None = None,
    elapsed: Callable[[], float] = time.monotonic,
) -> Found:  # fmt: skip
    """Try the configured options and `trials` - 1 drawn ones on the folds before the held-out windows.

    Successive halving: Jamieson & Talwalkar 2016, AISTATS; Li et al. 2018, JMLR 18. The configured options go up
    to the last rung whatever their score. `note` hears the options of each candidate as its first fit begins. The
    time limit is spread over the rungs by their number of fits: past its part a rung starts no candidate any more.
    """
    points = space.draw(recipes.load(plan.recipe).SPACE, plan.options, trials, plan.seed)
    rungs = ladder(plan, cut, len(points))
    standing = [Candidate(place, dataclasses.replace(plan, options=point), {}) for place, point in enumerate(points)]
    began, late, tried = elapsed(), False, 0

    def in_time(share: float) -> bool:
        return time_limit_s is None or elapsed() - began <= share * time_limit_s

    told = _counted(progress, sum(rungs.counts))
    for rung, (folds, share) in enumerate(zip(rungs.folds, rungs.shares(), strict=True)):
        climb = functools.partial(
            _climb, inputs, rungs, folds, functools.partial(in_time, share), None if rung else note, told
        )
        climbed = [one for one in run([functools.partial(climb, one) for one in standing]) if one is not None]
        late = late or len(climbed) < len(standing)
        tried = tried or len(climbed)
        standing = _ranked(climbed)
        if rung + 1 < len(rungs.folds):
            standing = standing[: 1 + math.ceil((len(standing) - 1) / KEPT)]
    return Found(rungs, tuple(standing) if tried else (), tried, late)


def _climb(
    inputs: Inputs, rungs: Ladder, folds: int, in_time: Callable[[], bool], note: Note | None,
    told: Callable[[], None], one: Candidate,
) -> Candidate | None:  # fmt: skip
    """One candidate with its fits and gains over the newest `folds` folds; None if it is too late to begin."""
    if one.number and not in_time():
        return None
    if note is not None:
        note(one.plan.options)
    training.fit_folds(inputs, one.plan, rungs.begins[:folds], one.memo)
    made = scoring.score(inputs, one.plan, rungs.begins[:folds], rungs.through, one.memo)
    told()
    return dataclasses.replace(one, gains=made)


def _counted(progress: Progress | None, total: int) -> Callable[[], None]:
    """A function that tells `progress` how often it was called."""
    done = 0

    def told() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    return told


def _ranked(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The configured options first, then the others by score."""
    return sorted(candidates, key=lambda one: (one.number > 0, -one.score, one.number))
