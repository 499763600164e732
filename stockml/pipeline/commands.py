"""The commands that jobs run, each as one recorded run: what cron, a person and a replay do alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from stockml.environment import Environment
from stockml.errors import BUSY, DONE, NOTHING_DONE, PARTIAL, BusyError
from stockml.pace import Tell, silent
from stockml.pipeline import due, runs

Watcher = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Trained:
    """What came of a training: what `pipeline.train` returns, its exit status and seconds."""

    made: dict[str, Any]
    status: int
    seconds: float


def plan(
    env: Environment, chosen: Sequence[str] | None = None, *, every: bool = False, force: bool = False,
    respect: bool = False, dry_run: bool = False,
) -> due.Plan:  # fmt: skip
    """What to train: what is due, or the given symbols."""
    by_hand = {"every": every, "force": force, "respect": respect}
    found = due.plan(env, chosen, **by_hand)
    if not dry_run and not env.offline and due.waits_for_data(found):
        from stockml.pipeline import steps

        steps.collect(env)  # the source may have come back since it was last asked
        found = due.plan(env, chosen, **by_hand)
    return found


def train(
    env: Environment, plan: due.Plan, watchers: Sequence[Watcher] = (), *, quick: bool = False, **asked: Any
) -> Trained:
    """Train what a plan wants. `asked` are further options of `pipeline.train.train`."""
    from stockml import logbook
    from stockml.pipeline import train as pipeline

    with runs.recorded(env, "quick-train" if quick else "train", "training") as run:
        events = logbook.Events(env.workspace, run.id, env.clock, list(watchers))
        made = pipeline.train(env, plan.wanted, events, quick=quick, **asked)
        run.status = _training_status(made)
        deployed = sum(1 for one in made["symbols"] if one["promoted"])
        run.summary = {"symbols": len(made["symbols"]), "deployed": deployed}
    return Trained(made, run.status, run.seconds)


def _training_status(made: dict[str, Any]) -> int:
    busy = [error for error in made["errors"] if isinstance(error, BusyError)]
    if busy and len(busy) == len(made["symbols"]):
        return BUSY
    if made["source_is_down"] and len(made["errors"]) == len(made["symbols"]):
        return NOTHING_DONE
    refused = any(one["result"] == "fail" and not one["promoted"] for one in made["symbols"])
    return PARTIAL if made["errors"] or refused else DONE


def predict(env: Environment, symbols: Sequence[str], tell: Tell = silent) -> tuple[dict[str, Any], int]:
    """Forecast some symbols: (what `pipeline.predict` returns, exit status)."""
    from stockml.pipeline import predict as pipeline

    with runs.recorded(env, "predict", "monitoring") as run:
        made = pipeline.predict(env, symbols, tell)
        abstained = sum(bool(one["abstained"]) for one in made["forecasts"])
        run.status = PARTIAL if abstained or made["errors"] else DONE
        if made["source_is_down"] and abstained == len(made["forecasts"]):
            run.status = NOTHING_DONE
        run.summary = {"forecasts": len(made["forecasts"]) - abstained, "abstentions": abstained}
    return made, run.status


def settle(env: Environment, symbols: Sequence[str] = (), tell: Tell = silent) -> tuple[dict[str, Any], int]:
    """Settle what can be settled: (what `pipeline.settle` returns, exit status)."""
    from stockml.pipeline import settle as pipeline

    with runs.recorded(env, "settle", "performance") as run:
        result = pipeline.settle(env, symbols, tell)
        run.status = PARTIAL if result["errors"] else DONE
        if result["source_is_down"] and result["pending"] and not result["settled"] + result["void"]:
            run.status = NOTHING_DONE
        run.summary = {state: result[state] for state in ("settled", "void", "pending")}
    return result, run.status


def monitor(
    env: Environment, symbols: Sequence[str] = (), look: Callable[[Environment], dict[str, Any]] | None = None
) -> tuple[dict[str, Any], int]:
    """One round of watching: (`result` of `monitor`, exit status). `look` stands in for the bare round."""
    from stockml.pipeline import monitor as pipeline

    with runs.recorded(env, "monitor", "monitoring") as run:
        result = look(env) if look else pipeline.round(env, symbols)
        run.status = PARTIAL if result["state"] == "bad" else DONE
        run.summary = {"state": result["state"], **result["counts"]}
    return result, run.status


def retrain(env: Environment, triggered: Sequence[str]) -> list[dict[str, Any]]:
    """Train those of the symbols against which evidence fires that the smart training would train now."""
    from stockml import logbook
    from stockml.pipeline import train as pipeline

    found = due.due(env, None, every=False, force=False)
    wanted = {symbol: why for symbol, why in found.items() if symbol in triggered}
    if not wanted:
        return []
    with runs.recorded(env, "train", "training") as run:
        made = pipeline.train(env, wanted, logbook.Events(env.workspace, run.id, env.clock))
        run.status = PARTIAL if made["errors"] else DONE
        run.summary = {"symbols": len(made["symbols"]), "triggered_by": "monitor"}
    return list(made["symbols"])
