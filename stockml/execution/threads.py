"""Fits side by side as threads of one process: LightGBM and the solvers release the interpreter while they work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def run(tasks: Sequence[Callable[[], Any]], jobs: int, done: Callable[[int, int], None] | None = None) -> list[Any]:
    """Run the tasks and return their results in order; `done` hears how many of them are finished.

    No process is forked: OpenMP may be loaded, and a fork after it can hang for ever.
    """
    finished = 0

    def one(task: Callable[[], Any]) -> Any:
        nonlocal finished
        result = task()
        finished += 1
        if done is not None:
            done(finished, len(tasks))
        return result

    if jobs <= 1 or len(tasks) <= 1:
        return [one(task) for task in tasks]
    from joblib import Parallel, delayed

    return list(Parallel(n_jobs=jobs, backend="threading", batch_size=1)(delayed(one)(task) for task in tasks))
