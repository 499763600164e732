"""The result of a replay: each policy's figures and counts, the comparisons, the calendar of events."""

from __future__ import annotations

import base64
import io
import os
import stat
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from stockml.environment import Environment
from stockml.evaluation.rows import Rows
from stockml.pipeline import steps, track
from stockml.replay import events, figures, place, works
from stockml.replay.figures import Walked
from stockml.replay.fits import COLUMNS
from stockml.replay.place import Place
from stockml.replay.policy import Policy
from stockml.schedule import jobs
from stockml.workspace import Workspace


class Telling(NamedTuple):
    """What there is to tell of one policy: its figures and counts, its settled forecasts, its events."""

    told: dict[str, Any]
    rows: Walked
    events: list[dict[str, Any]]


def telling(env: Environment, policy: Policy, first: date) -> Telling:
    """What there is to tell of a policy in its workspace as of the clock; its track record is written beside."""
    track.write(env)  # what `settle` leaves out while a replay steps
    plan = steps.plan_of(env, recipe="naive")  # prices, volatility and sessions are all that judging needs
    inputs = steps.build_inputs(env, plan, steps.read_fleet(env))
    rows = figures.walked(env, inputs)
    state: Mapping[str, Any] = place.progress(env.workspace) or {"cpu_s": 0.0, "notes": []}
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
    }
    return Telling(told, rows, found)


def as_json(one: Telling) -> dict[str, Any]:
    """A telling as plain data, to be handed to another process; `from_json` gives it back to the bit."""
    return {**one._asdict(), "rows": {str(horizon): _packed(rows) for horizon, rows in one.rows.items()}}


def from_json(plain: Mapping[str, Any]) -> Telling:
    """The telling that `as_json` told."""
    rows = {int(horizon): _unpacked(int(horizon), text) for horizon, text in plain["rows"].items()}
    return Telling(plain["told"], rows, plain["events"])


def _packed(rows: Rows) -> str:
    """The columns of rows as text: numpy's own format, which keeps every bit and runs no code."""
    out = io.BytesIO()
    np.savez(out, **{name: getattr(rows, name) for name in COLUMNS})
    return base64.b64encode(out.getvalue()).decode()


def _unpacked(horizon: int, text: str) -> Rows:
    with np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False) as columns:
        return Rows(horizon=horizon, **{name: columns[name] for name in columns.files})


def result(at: Place, tellings: Mapping[str, Telling], last: date) -> dict[str, Any]:
    """`result` of `replay` (docs/schemas/replay.json), from what each policy has to tell as of a day."""
    walked = {name: one.rows for name, one in tellings.items()}
    first = next(iter(walked.values()))
    told = {
        name: {
            **one.told, "months": figures.over(one.told["months"], one.rows, first),
            "bytes": _size(at.workspace(name)),  # now that the ledgers are closed: an open one has a log beside it
        }
        for name, one in tellings.items()
    }  # fmt: skip
    happened = [event for one in tellings.values() for event in one.events]
    happened.sort(key=lambda one: one["at"])  # stable: a policy's own order stays
    return {
        "span": [at.first.isoformat(), last.isoformat()], "symbols": list(at.symbols), "folder": str(at.folder),
        "policies": told, "comparisons": figures.compare(walked), "margins": figures.SAME_WITHIN, "events": happened,
    }  # fmt: skip


def _size(own: Workspace) -> int:
    """Bytes of a policy's workspace on disk; what several names share counts once, the shared bars not at all."""
    seen = {}
    for folder, _, names in os.walk(own.home):
        for name in names:
            facts = os.lstat(os.path.join(folder, name))
            if stat.S_ISREG(facts.st_mode):
                seen[facts.st_dev, facts.st_ino] = facts.st_size
    return sum(seen.values())
