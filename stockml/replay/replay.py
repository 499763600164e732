"""The order of a replay: bars, workspaces, sessions, result."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from stockml import files
from stockml.clock import from_day, to_day
from stockml.config import load as config_load
from stockml.environment import Environment
from stockml.errors import DataError, UsageError
from stockml.pipeline import steps
from stockml.replay import place, report, workers
from stockml.replay.policy import Policy

Told = Callable[[str, int, int], None]  # a policy, sessions behind it, sessions in all


def replay(
    env: Environment, first: date, last: date | None, policies: Sequence[Policy], symbols: Sequence[str], jobs: int,
    told: Told,
) -> tuple[dict[str, Any], list[str]]:  # fmt: skip
    """Live the policies through the sessions from `first` to `last`: (`result` of `replay`, warnings).

    What was lived through before is gone on from. Raises `UsageError` for days that cannot be, `BusyError` if the
    same replay is running, `ConfigError` for a policy that does not fit the configuration.
    """
    steps.collect(env)
    fleet = list(symbols) or list(env.config.symbols)
    newest = from_day(min(env.cut_day(symbol) for symbol in fleet))
    last = min(last or newest, newest)
    at = place.find(env, config_load.parse_json(config_load.read(env.workspace)), fleet, first)
    sessions = place.sessions(env.market, first, last)
    _check(env, first, last, len(sessions), policies, fleet)
    files.make_folder(at.folder)
    with files.lock(at.folder / "lock", what="this replay"):
        anew = place.prepare(env, at, policies, last)
        made = report.result(at, workers.live(at, policies, last, jobs, told), last)
        with contextlib.suppress(FileNotFoundError):
            files.remove_tree(at.fits)
    warnings = [f"{name}: its bars or its file have changed since it was lived through; begun anew" for name in anew]
    return made, warnings


def _check(
    env: Environment, first: date, last: date, sessions: int, policies: Sequence[Policy], fleet: Sequence[str]
) -> None:
    if not sessions:
        raise UsageError(
            f"there is no session from {first} to {last}", hint="--from and --to name days with settled bars between"
        )
    names = [one.name for one in policies]
    if len(set(names)) < len(names):
        raise UsageError("two policies have one name", hint="rename one of the files")
    series = steps.read_fleet(env)
    begun = [symbol for symbol in fleet if symbol in series and int(series[symbol].session[0]) <= to_day(first)]
    if not begun:
        raise DataError(
            f"no symbol has bars by {first}", kind="no_bars", hint="begin later, or fetch a longer history"
        )
