"""What is audited: a procedure on some bars under a plan, with its inputs and fits in different futures remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from stockml.arrays import Days, Floats, union
from stockml.audit.futures import REAL, Future, apply
from stockml.audit.procedure import Procedure
from stockml.bars.series import Series
from stockml.errors import DataError
from stockml.features.causality import slice_of
from stockml.models import recipes
from stockml.models.inputs import Inputs
from stockml.models.model import Model
from stockml.training import Plan

Made = TypeVar("Made")

# Small enough for seconds, large enough for two folds behind a cut and two years of forecasts after it.
MOST_SYMBOLS, MOST_SESSIONS, AFTER = 4, 1500, 500
REFIT, WINDOW = 126, 600


@dataclass(frozen=True)
class Finding:
    """What one check found. `passed` is None where it could not judge; `detail` says why, or on what it rests."""

    name: str
    passed: bool | None
    detail: str


@dataclass(frozen=True)
class Subject:
    """A procedure with the bars it is audited on; `cut` is a position in their sessions.

    `series` may hold a benchmark beside `symbols`. `memo` is shared between a subject and its sabotaged copies:
    its keys hold the functions that made the entry.
    """

    procedure: Procedure
    series: Mapping[str, Series]
    symbols: tuple[str, ...]
    plan: Plan
    cut: int
    seed: int
    memo: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def sessions(self) -> Days:
        return union([one.session for one in self.series.values()])

    @property
    def embargoed(self) -> int:
        """The last position at which an outcome may be known to the direction model of `cut`."""
        return self.cut - self.plan.embargo

    @property
    def learns(self) -> bool:
        """Whether the recipe has a direction model at all."""
        return bool(recipes.load(self.plan.recipe).USES_FEATURES)

    @property
    def bare(self) -> Plan:
        """The plan without the folds behind the calibration: enough for the direction model of one cut."""
        return replace(self.plan, folds=0, windows=0)

    def bars(self, future: Future = REAL) -> Mapping[str, Series]:
        return _once(self.memo, ("bars", future), lambda: apply(self.series, future))

    def inputs(self, future: Future = REAL) -> Inputs:
        """The inputs that the procedure derives in a future."""
        build = self.procedure.build
        return _once(self.memo, (build, future), lambda: build(self.bars(future), self.symbols, self.plan))

    def model(self, future: Future = REAL, *, bare: bool = False) -> Model:
        """The fit at the cut in a future; `bare` without calibration folds."""
        chosen, inputs = self.bare if bare else self.plan, self.inputs(future)
        key = (self.procedure.build, self.procedure.fit, future, repr(chosen))
        return _once(self.memo, key, lambda: self.procedure.fit(inputs, chosen, self.cut))

    def day(self, position: int) -> int:
        return int(self.sessions[position])


def _once(memo: dict[Any, Any], key: Any, make: Callable[[], Made]) -> Made:
    if key not in memo:
        memo[key] = make()
    found: Made = memo[key]
    return found


def outcomes(series: Series, horizon: int, lead: int = 0) -> Floats:
    """ln(close[t + lead + horizon] / close[t + lead]) at t, NaN where a bar is missing; computed here from the bars."""
    out = np.full(len(series), np.nan)
    for row in range(max(0, -lead), len(series) - max(lead + horizon, 0)):
        out[row] = np.log(series.close[row + lead + horizon] / series.close[row + lead])
    return out


def choose(
    procedure: Procedure, series: Mapping[str, Series], symbols: Sequence[str], plan: Plan, *, full: bool = False,
    seed: int = 0,
) -> Subject:  # fmt: skip
    """The subject of an audit: the four longest of the newest histories and a small plan, or everything if `full`.

    The recipe with its options, the features and the embargo are the plan's own. Raises `DataError` without bars.
    """
    there = {name: one for name, one in series.items() if len(one)}
    wanted = [name for name in symbols if name in there]
    if not wanted:
        raise DataError("there are no bars to audit on", hint="run 'stockml data fetch'")
    if full:
        return _subject(procedure, there, wanted, plan, seed)
    sessions = union([there[name].session for name in wanted])
    since = int(sessions[-MOST_SESSIONS]) if len(sessions) > MOST_SESSIONS else 0
    recent = {name: slice_of(one, int(np.searchsorted(one.session, since)), len(one)) for name, one in there.items()}
    longest = sorted(wanted, key=lambda name: -len(recent[name]))[:MOST_SYMBOLS]
    chosen = [name for name in wanted if name in longest]
    kept = {name: one for name, one in recent.items() if len(one) and (name in chosen or name == plan.benchmark)}
    small = replace(
        plan, refit_sessions=min(plan.refit_sessions, REFIT), window_sessions=min(plan.window_sessions, WINDOW),
        folds=1, windows=1,
    )  # fmt: skip
    return _subject(procedure, kept, chosen, small, seed)


def _subject(
    procedure: Procedure, series: Mapping[str, Series], symbols: Sequence[str], plan: Plan, seed: int
) -> Subject:
    count = len(union([one.session for one in series.values()]))
    cut = max(count - 1 - min(AFTER, count // 3), 0)
    return Subject(procedure, series, tuple(symbols), plan, cut, seed)
