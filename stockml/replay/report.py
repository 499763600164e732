"""The result of a replay: each policy's figures and counts, the comparisons, the calendar of events."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from typing import Any

from stockml.environment import Environment, open_environment
from stockml.pipeline import steps
from stockml.replay import events, figures, place, works
from stockml.replay.figures import Walked
from stockml.replay.place import Place
from stockml.replay.policy import Policy
from stockml.schedule import jobs
from stockml.workspace import Workspace


def result(at: Place, policies: Sequence[Policy], last: date) -> dict[str, Any]:
    """`result` of `replay` (docs/schemas/replay.json), as of a day that all policies have come to."""
    told: dict[str, Any] = {}
    walked: dict[str, Walked] = {}
    happened: list[dict[str, Any]] = []
    for one in policies:
        own = at.workspace(one.name)
        env = open_environment(own, last.isoformat(), offline=True)
        with closing(env.market), closing(env.ledger):
            told[one.name], walked[one.name], found = _policy(env, one, own, at.first)
        happened += found
    first = walked[policies[0].name]
    for name, own in told.items():
        own["months"] = figures.over(own["months"], walked[name], first)
    happened.sort(key=lambda one: one["at"])  # stable: a policy's own order stays
    return {
        "span": [at.first.isoformat(), last.isoformat()], "symbols": list(at.symbols), "folder": str(at.folder),
        "policies": told, "comparisons": figures.compare(walked), "margins": figures.SAME_WITHIN, "events": happened,
    }  # fmt: skip


def _policy(
    env: Environment, policy: Policy, own: Workspace, first: date
) -> tuple[dict[str, Any], Walked, list[dict[str, Any]]]:
    """(figures, rows, events) of one policy."""
    plan = steps.plan_of(env, recipe="naive")  # prices, volatility and sessions are all that judging needs
    inputs = steps.build_inputs(env, plan, steps.read_fleet(env))
    rows = figures.walked(env, inputs)
    state: Mapping[str, Any] = place.progress(own) or {"cpu_s": 0.0, "notes": []}
    found = events.calendar(env.ledger, env.clock, policy.name, state["notes"])
    assert env.clock.as_of is not None
    found = [*events.troubles(policy.name, policy.trouble, first, env.clock.as_of), *found]
    alarms = events.alarms(env.ledger, env.clock, rows, inputs.symbols)
    told = {
        "meaning": policy.meaning,
        "horizons": figures.figures(rows),
        "months": figures.months(rows),
        **events.counts(found),
        "alarms": alarms._asdict(),
        "left_out": works.left_out(jobs.table(env.config)),
        "seconds": {"cpu": state["cpu_s"]},
        "bytes": _size(own),
    }
    return told, rows, found


def _size(own: Workspace) -> int:
    """Bytes of a policy's workspace on disk; what several names share counts once, the shared bars not at all."""
    seen = {}
    for folder, _, names in os.walk(own.home):
        for name in names:
            facts = os.lstat(os.path.join(folder, name))
            if stat.S_ISREG(facts.st_mode):
                seen[facts.st_dev, facts.st_ino] = facts.st_size
    return sum(seen.values())
