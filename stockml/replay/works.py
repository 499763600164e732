"""A job's words and the pipeline's function they stand for: the same that the command line calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from stockml.environment import Environment
from stockml.errors import DONE, PARTIAL
from stockml.pipeline import commands, runs, steps
from stockml.schedule.jobs import Job

Work = Callable[[Environment, frozenset[str]], int]
# Jobs that read what is there and change nothing that a decision or a forecast reads.
WITHOUT_EFFECT = ("backup", "clean")


def _train(env: Environment, flags: frozenset[str]) -> int:
    asked: dict[str, Any] = {"every": "--all" in flags, "force": "--force" in flags}
    plan = commands.plan(env, respect="--respect-market-hours" in flags, **asked)
    return commands.train(env, plan).status if plan.wanted else DONE


def _predict(env: Environment, flags: frozenset[str]) -> int:
    return commands.predict(env, list(env.config.symbols))[1]


def _settle(env: Environment, flags: frozenset[str]) -> int:
    return commands.settle(env)[1]


def _monitor(env: Environment, flags: frozenset[str]) -> int:
    result, status = commands.monitor(env)
    if "--retrain" in flags:
        commands.retrain(env, result["triggers"])
    return status


def _fetch(env: Environment, flags: frozenset[str]) -> int:
    with runs.recorded(env, "data fetch", "monitoring") as run:
        found = steps.collect(env)
        run.status = DONE if all(one.outcome in ("ok", "holiday") for one in found) else PARTIAL
        run.summary = {"symbols": len(found), "rows": sum(one.rows_added for one in found)}
    return run.status


WORKS: dict[str, tuple[Work, frozenset[str]]] = {
    "train": (_train, frozenset({"--all", "--force", "--respect-market-hours", "--offline"})),
    "predict": (_predict, frozenset({"--offline"})),
    "settle": (_settle, frozenset({"--offline"})),
    "verify": (_settle, frozenset({"--offline"})),
    "monitor": (_monitor, frozenset({"--retrain", "--offline"})),
    "data fetch": (_fetch, frozenset()),
}


def _split(words: Sequence[str]) -> tuple[str, frozenset[str]]:
    """(the command, its options) of a job's words."""
    names = [word for word in words if not word.startswith("-")]
    return " ".join(names), frozenset(word for word in words if word.startswith("-"))


def is_replayed(words: Sequence[str]) -> bool:
    """Whether a job's words stand for something that a replay does."""
    name, flags = _split(words)
    return name in WORKS and flags <= WORKS[name][1]


def left_out(jobs: Sequence[Job]) -> list[str]:
    """What the enabled jobs ask for and a replay does not do, in words."""
    return sorted({" ".join(job.command) for job in jobs if job.enabled and not is_replayed(job.command)})


def run(env: Environment, words: Sequence[str]) -> int:
    """Do what a job's words say; the exit status that the command would have. Raises `StockmlError` as it would."""
    name, flags = _split(words)
    return WORKS[name][0](env, flags)
