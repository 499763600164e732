"""The training procedure walked through history: what `train --as-of` would have made, and how it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stockml import training
from stockml.errors import UsageError
from stockml.evaluation.rows import Rows, joined
from stockml.evaluation.walkforward import rows_of
from stockml.models.inputs import Inputs
from stockml.training import Memo, Plan, Runner

AT_ONCE = 4  # refits whose folds are fitted together: enough to keep the threads busy, few enough to stay small
NEVER, WINDOW = "never", "window"

Progress = Callable[[int, int], None] | None


def spacing(policy: str, plan: Plan) -> int | None:
    """Sessions between the refits of a policy: those of a `window`, the number it names, or None for `never`.

    Raises `UsageError` for another word or a number below 1.
    """
    if policy == NEVER:
        return None
    if policy != WINDOW and not (policy.isascii() and policy.isdigit() and int(policy) >= 1):
        raise UsageError(
            f"--refit {policy!r} is not a refit policy", hint="use never, window, or a number of sessions from 1 on"
        )
    return plan.refit_sessions if policy == WINDOW else int(policy)


def cuts_between(begin: int, end: int, every: int | None, plan: Plan) -> list[int]:
    """Where a policy fits from one position of the sessions up to another; always at `begin`.

    Those after it lie where folds are cut (`training.fold_step`) if their distance allows it: then they share them.
    """
    if every is None:
        return [begin]
    step = training.fold_step(plan)
    second = begin + every if every % step else begin - begin % step + every
    return [begin, *range(second, end, every)]


def walk(
    inputs: Inputs, plan: Plan, cuts: Sequence[int], end: int, run: Runner, progress: Progress = None
) -> dict[int, Rows]:
    """Refit at each cut, forecast up to the next, and set each forecast beside its outcome; rows by horizon.

    Cuts and `end` are positions in `inputs.sessions`.
    """
    return walk_all(inputs, plan, [cuts], end, run, progress)[0]


def walk_all(
    inputs: Inputs, plan: Plan, schedules: Sequence[Sequence[int]], end: int, run: Runner, progress: Progress = None,
    memo: Memo | None = None,
) -> list[dict[int, Rows]]:  # fmt: skip
    """The same for several schedules of cuts at once: a fit that two of them make is made once.

    Time runs forward through the cuts of all, and fits that no later cut needs are forgotten on the way, so that
    memory does not grow with the number of refits. Calibration folds lie `plan.refit_sessions` apart, on
    one grid, whatever the schedule: they are shared, and each refit costs a fit of its own. A `memo` that is
    given holds the folds of the last cut at the end.
    """
    newest = len(inputs.sessions) - 1
    memo = {} if memo is None else memo
    cuts = sorted({cut for schedule in schedules for cut in schedule})
    parts: list[dict[int, list[Rows]]] = [{h: [] for h in plan.horizons} for _ in schedules]
    for place, cut in enumerate(cuts):
        if place % AT_ONCE == 0:
            batch = cuts[place : place + AT_ONCE]
            folds = [one for near in batch for one in training.fold_cuts(plan, near)]
            training.fit_folds(inputs, plan, folds, memo, run)
        model = training.fit(inputs, plan, cut, memo, run)
        for schedule, collected in zip(schedules, parts, strict=True):
            if cut not in schedule:
                continue
            through = min((one for one in schedule if one > cut), default=end)
            for h in plan.horizons:
                paths = [training.walk(inputs, model, one, h, cut, through, memo) for one in inputs.symbols]
                collected[h].append(rows_of(inputs, [(model, paths)], h, newest))
        if place + 1 < len(cuts):
            training.forget(memo, min(training.fold_cuts(plan, cuts[place + 1])))
        if progress:
            progress(place + 1, len(cuts))
    return [{h: joined(made) for h, made in collected.items()} for collected in parts]
