"""What a replay keeps from session to session and from policy to policy: inputs computed once, fits made once.

Nothing is answered from memory unless the bars it was made of are, bit for bit, those at hand: inputs as of a session
are a cut of inputs as of a later one (docs/architecture.md), and a fit is known by the bars and plan it follows from.
"""

from __future__ import annotations

import functools
import hashlib
import sqlite3
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from stockml import files, training
from stockml.bars.series import Series
from stockml.clock import Clock
from stockml.forecasts.weights import Past
from stockml.ledger.live import Term
from stockml.models import inputs as inputs_room
from stockml.models.forecast import Path, forecast, of_session
from stockml.models.inputs import Inputs
from stockml.models.model import Model
from stockml.monitor.live import Columns
from stockml.pipeline.batch import Fitted
from stockml.pipeline.memory import Waiting
from stockml.replay import fits as fits_room
from stockml.replay.fits import Fits, Found
from stockml.replay.recalled import Recalled
from stockml.training import Memo, Plan

COLUMNS = ("session", "open", "high", "low", "close", "volume", "raw_close")
FITTED_ON = COLUMNS[:-1]  # the raw close is for showing prices
SPAN = 4  # sessions after the one asked for that are forecast along with it, at least


class Models(dict[Any, Any]):
    """The versions that were loaded last; older ones are forgotten."""

    MOST = 160

    def __setitem__(self, key: Any, model: Any) -> None:
        while len(self) >= self.MOST:
            del self[next(iter(self))]
        super().__setitem__(key, model)


@dataclass
class Kept:
    """Of one process. `whole` gives the series as of the replay's last session; `fits` is shared with others.

    `owed_s` are the processor seconds that fits taken from others, or from before, had cost: what the policies at hand
    would have spent by themselves.
    """

    whole: Callable[[], Mapping[str, Series]]
    fits: Fits
    ahead: Sequence[int] = ()
    models: Models = field(default_factory=Models)
    owed_s: float = 0.0
    cold: int = 0
    _series: Mapping[str, Series] | None = None
    _inputs: dict[bytes, Inputs] = field(default_factory=dict)
    _cuts: deque[tuple[Inputs, bytes]] = field(default_factory=lambda: deque(maxlen=4))
    _ahead: tuple[Inputs, int, Inputs] | None = None
    _paths: dict[tuple[int, str, int], tuple[Model, int, int, Path]] = field(default_factory=dict)
    _recalled: dict[int, Recalled] = field(default_factory=dict)
    _memos: dict[bytes, Memo] = field(default_factory=dict)
    _fitted: tuple[str, Fitted, float] | None = None
    _meanwhile: Callable[[], bool] = fits_room.idle  # what to do while another process makes what is needed here

    def inputs(
        self, series: Mapping[str, Series], fleet: tuple[str, ...], benchmark: str | None, families: tuple[str, ...],
        extra: tuple[dict[str, Any], ...], since: int | None = None,
    ) -> Inputs:  # fmt: skip
        """As `models.inputs.build`, cut from what was built before where the bars are the same."""
        everyone = [*fleet, *([benchmark] if benchmark else [])]
        given = {symbol: series[symbol] for symbol in everyone if symbol in series and len(series[symbol])}
        if self._series is None:
            self._series = self.whole()
        if not given or not _is_cut_of(given, self._series, everyone):
            self.cold += 1
            return inputs_room.build(series, fleet, benchmark, families=families, extra=extra)
        key = files.canonical_json([fleet, benchmark, families, extra])
        if key not in self._inputs:
            self._inputs[key] = inputs_room.build(self._series, fleet, benchmark, families=families, extra=extra)
        day = max(int(one.session[-1]) for one in given.values())
        is_fleet = not benchmark or benchmark not in given
        for one, of in self._cuts:
            if of == key and int(one.sessions[-1]) == day and one.market_is_fleet == is_fleet:
                return one
        made = cut(self._inputs[key], day, is_fleet)
        self._cuts.append((made, key))
        return made

    def fitted(self, inputs: Inputs, plan: Plan, make: Callable[[Memo], Fitted]) -> Fitted:
        """As `make` of an empty memo, made once for all that ask for the same; what others make is waited for."""
        key = mark(inputs, plan, len(inputs.sessions) - 1, "whole")
        if self._fitted is None or self._fitted[0] != key:
            self._meanwhile = functools.partial(self._work_ahead, inputs, plan)
            whole = self._whole(inputs)
            memo = {} if whole is None else self._memo(whole, plan)
            found = self.fits.fitted(key, lambda: self._make(inputs, plan, make, memo), self._meanwhile)
            training.forget(memo, min(training.fold_cuts(plan, len(inputs.sessions) - 1)))
            self._fitted = (key, found.made, found.cost_s)
            self.owed_s += found.owed_s
        else:
            self.owed_s += self._fitted[2]
        return self._fitted[1]

    def _memo(self, whole: Inputs, plan: Plan) -> Memo:
        """What neighbouring trainings on cuts of the same bars share: their folds, and what was made of those."""
        told = [whole.symbols, whole.names, whole.market_is_fleet, plan.benchmark, plan.as_fitted(), plan.windows]
        return self._memos.setdefault(files.canonical_json(told), {training.AHEAD: whole})

    def forecast(self, inputs: Inputs, model: Model, symbol: str, horizon: int, day: int) -> Path:
        """As `models.forecast.forecast` of the newest session (a day), cut from a span that was forecast at once."""
        whole = self._whole(inputs)
        if whole is None:
            return forecast(inputs, model, symbol, horizon, day)
        known = self._paths.get((id(model), symbol, horizon))
        if known is None or known[0] is not model or not known[1] <= day <= known[2]:
            through = min(_span(whole, model, day), len(whole.sessions) - 1)
            until = int(whole.sessions[through])
            path = forecast(self._cut_at(whole, until), model, symbol, horizon, day)
            while len(self._paths) >= 2 * len(model.horizons) * Models.MOST:
                del self._paths[next(iter(self._paths))]
            known = self._paths[id(model), symbol, horizon] = (model, day, until, path)
        return of_session(known[3], day)

    def audited(self, mark: str, series: Mapping[str, Series], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """As `make`, made once for all that ask for the same of the same bars."""
        digest = hashlib.sha256(mark.encode())
        for symbol in sorted(series):
            for name in COLUMNS:
                digest.update(getattr(series[symbol], name).tobytes())
        found = self.fits.audited(digest.hexdigest(), make, self._meanwhile)
        self.owed_s += found.owed_s
        return found.made

    def live(self, ledger: sqlite3.Connection, interval: str, clock: Clock, terms: Sequence[Term]) -> Columns:
        return self._recall(ledger).forecasts(interval, terms)

    def past(self, ledger: sqlite3.Connection, symbol: str, interval: str, horizon: int, clock: Clock) -> Past:
        return self._recall(ledger).past(symbol, interval, horizon)

    def waiting(self, ledger: sqlite3.Connection, interval: str, clock: Clock) -> Waiting:
        """Nothing was settled later than now: the clock runs forward."""
        return Waiting(self._recall(ledger).waiting(interval), {})

    def _recall(self, ledger: sqlite3.Connection) -> Recalled:
        if id(ledger) not in self._recalled:
            self._recalled[id(ledger)] = Recalled(ledger)
        return self._recalled[id(ledger)]

    def _whole(self, inputs: Inputs) -> Inputs | None:
        """The inputs of the whole span that these are a cut of."""
        found = next((self._inputs[key] for one, key in self._cuts if one is inputs), None)
        return found if found is not None and found.market_is_fleet == inputs.market_is_fleet else None

    def _cut_at(self, whole: Inputs, day: int) -> Inputs:
        if self._ahead is None or self._ahead[0] is not whole or self._ahead[1] != day:
            self._ahead = (whole, day, cut(whole, day, whole.market_is_fleet))
        return self._ahead[2]

    def _make(
        self, inputs: Inputs, plan: Plan, make: Callable[[Memo], Fitted], memo: Memo
    ) -> tuple[Fitted, float]:
        """(the fit, the processor seconds of its folds that were made before)."""
        now = len(inputs.sessions) - 1
        owed = self._folds(inputs, plan, memo)
        made = make(memo)
        for key in [key for key in memo if key[1] == now]:
            del memo[key]  # of this training alone
        return made, owed

    def _folds(self, inputs: Inputs, plan: Plan, memo: Memo) -> float:
        """Bring the folds of the newest session into the memo; the processor seconds of those made before.

        What another process is at is left to the end, and later fits are made while it takes.
        """
        owed, left = 0.0, []
        for place in training.fold_cuts(plan, len(inputs.sessions) - 1):
            if place < 0:
                continue
            if ("cost", place) in memo:  # its folds are there too: they are forgotten together
                owed += memo["cost", place]
                continue
            asked = mark(inputs, plan, place, "folds"), functools.partial(_fit_at, inputs, plan, place)
            found = self.fits.folds_unless_busy(*asked)
            if found is None:
                left.append((place, asked))
            else:
                owed += _remember(memo, plan, place, found)
        for place, asked in left:
            found = self.fits.folds(*asked, functools.partial(self._work_ahead, inputs, plan))
            owed += _remember(memo, plan, place, found)
        return owed

    def _work_ahead(self, inputs: Inputs, plan: Plan) -> bool:
        """Make, while another process makes what is needed here, the next fit that some policy is sure to need."""
        from stockml.pipeline import batch

        now = int(inputs.sessions[-1])
        key = files.canonical_json([inputs.symbols, plan.benchmark, plan.families, plan.extra])
        if key not in self._inputs:
            return False
        for day in [one for one in self.ahead if one > now][:4]:
            later = cut(self._inputs[key], day, inputs.market_is_fleet)
            if int(later.sessions[-1]) != day:
                continue
            mine = mark(later, plan, len(later.sessions) - 1, "whole")

            make = functools.partial(batch.fitted, later, plan)
            memo = self._memo(self._inputs[key], plan)
            if self.fits.claim_ahead(mine, functools.partial(self._make, later, plan, make, memo)):
                return True
        return False


def _fit_at(inputs: Inputs, plan: Plan, place: int) -> list[training.Fold]:
    own: Memo = {}
    training.fit_folds(inputs, plan, [place], own)
    return [own["fold", place, h] for h in plan.horizons]


def _remember(memo: Memo, plan: Plan, place: int, found: Found[list[training.Fold]]) -> float:
    """Put the folds of a position, and what they cost, into a memo; the seconds that were not spent here and now."""
    memo["cost", place] = found.cost_s
    memo.update({("fold", place, h): one for h, one in zip(plan.horizons, found.made, strict=True)})
    return found.owed_s


def _span(whole: Inputs, model: Model, day: int) -> int:
    """The position up to which a model is to be forecast with a day: each forecast goes through all since its fit, so
    one that serves long is forecast for as long again.
    """
    fitted, now = (int(one) for one in np.searchsorted(whole.sessions, (model.parameters["trained_through"], day)))
    return now + max(now - fitted, SPAN)


def _is_cut_of(given: Mapping[str, Series], whole: Mapping[str, Series], everyone: Sequence[str]) -> bool:
    """Whether the series are those of `whole` up to one day, to the last bit."""
    day = max(int(one.session[-1]) for one in given.values())
    for symbol in everyone:
        mine, other = given.get(symbol), whole.get(symbol)
        count = 0 if other is None else int(np.searchsorted(other.session, day, side="right"))
        if count != (0 if mine is None else len(mine)):
            return False
        if mine is not None and not all(
            np.array_equal(getattr(mine, name), getattr(other, name)[:count]) for name in COLUMNS
        ):
            return False
    return True


def cut(inputs: Inputs, day: int, is_fleet: bool) -> Inputs:
    """The inputs as of a session (a day): views of those as of a later one."""
    n = int(np.searchsorted(inputs.sessions, day, side="right"))
    counts = [int(np.searchsorted(one.session, day, side="right")) for one in inputs.fleet]
    market = replace(inputs.market, **{name: getattr(inputs.market, name)[:n] for name in vars(inputs.market)})
    fleet = tuple(
        Series(one.symbol, *(getattr(one, name)[:count] for name in COLUMNS))
        for one, count in zip(inputs.fleet, counts, strict=True)
    )
    return replace(
        inputs, fleet=fleet, sessions=inputs.sessions[:n], market=market, market_is_fleet=is_fleet,
        place=tuple(one[:count] for one, count in zip(inputs.place, counts, strict=True)),
        variance=tuple(one[:count] for one, count in zip(inputs.variance, counts, strict=True)),
        har=tuple(one[:, :count] for one, count in zip(inputs.har, counts, strict=True)),
        blocks=tuple(
            one[:, : max(count - first, 0)]
            for one, count, first in zip(inputs.blocks, counts[: len(inputs.blocks)], inputs.first, strict=True)
        ),
    )  # fmt: skip


def mark(inputs: Inputs, plan: Plan, place: int, what: str) -> str:
    """What a fit as of a position of the sessions follows from, as a sha256: bars up to there, and the plan."""
    day = int(inputs.sessions[place])
    chosen = {**plan.as_fitted(), "windows": plan.windows} if what == "whole" else plan.as_fitted()
    told = [what, chosen, inputs.symbols, inputs.names, inputs.market_is_fleet]
    digest = hashlib.sha256(files.canonical_json(told))
    for one in inputs.fleet:
        count = int(np.searchsorted(one.session, day, side="right"))
        for name in FITTED_ON:
            digest.update(getattr(one, name)[:count].tobytes())
    digest.update(inputs.market.step[: place + 1].tobytes())
    return digest.hexdigest()
