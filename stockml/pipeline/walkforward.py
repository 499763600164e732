"""The training procedure walked through history: what `train --as-of` would have made, and how it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stockml import training
from stockml.evaluation.rows import Rows, joined
from stockml.evaluation.walkforward import rows_of
from stockml.models.inputs import Inputs
from stockml.training import Memo, Plan, Runner

AT_ONCE = 4  # refits whose folds are fitted together: enough to keep the threads busy, few enough to stay small


def walk(
    inputs: Inputs, plan: Plan, cuts: Sequence[int], end: int, run: Runner,
    progress: Callable[[int, int], None] | None = None,
) -> dict[int, Rows]:  # fmt: skip
    """Refit at each cut, forecast up to the next, and set each forecast beside its outcome; rows by horizon.

    Cuts and `end` are positions in `inputs.sessions`. Fits that no later cut needs are forgotten on the way, so
    that memory does not grow with the number of refits.
    """
    newest = len(inputs.sessions) - 1
    memo: Memo = {}
    parts: dict[int, list[Rows]] = {h: [] for h in plan.horizons}
    for begin in range(0, len(cuts), AT_ONCE):
        batch = cuts[begin : begin + AT_ONCE]
        training.fit_folds(inputs, plan, [one for cut in batch for one in training.fold_cuts(plan, cut)], memo, run)
        for place, cut in enumerate(batch, start=begin + 1):
            through = cuts[place] if place < len(cuts) else end
            model = training.fit(inputs, plan, cut, memo, run)
            for h in plan.horizons:
                paths = [training.walk(inputs, model, one, h, cut, through, memo) for one in inputs.symbols]
                parts[h].append(rows_of(inputs, [(model, paths)], h, newest))
            if place < len(cuts):
                training.forget(memo, min(training.fold_cuts(plan, cuts[place])))
            if progress:
                progress(place, len(cuts))
    return {h: joined(made) for h, made in parts.items()}
