"""What commands that follow one another in one process may keep of what was computed, and who keeps nothing.

Everything asked here has the same answer, to the last bit, whoever gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from stockml.environment import Environment

if TYPE_CHECKING:
    import sqlite3

    from stockml.bars.series import Series
    from stockml.clock import Clock
    from stockml.forecasts.weights import Past
    from stockml.ledger.live import Term
    from stockml.models.forecast import Path
    from stockml.models.inputs import Inputs
    from stockml.models.model import Model
    from stockml.monitor.live import Columns
    from stockml.pipeline.batch import Fitted
    from stockml.training import Memo, Plan


Audit = Callable[[], dict[str, Any]]


class Waiting(NamedTuple):
    """The forecasts without outcome by symbol, and how many forecasts of each got theirs after now."""

    forecasts: dict[str, list[dict[str, Any]]]
    settled_later: dict[str, int]


class Kept(Protocol):
    """What `Environment.kept` may hold. `models` are versions that were read and checked, by home, symbol and name."""

    @property
    def models(self) -> dict[Any, Any]: ...

    def inputs(
        self, series: Mapping[str, Series], fleet: tuple[str, ...], benchmark: str | None, families: tuple[str, ...],
        extra: tuple[dict[str, Any], ...], since: int | None = None,
    ) -> Inputs: ...  # fmt: skip

    def fitted(self, inputs: Inputs, plan: Plan, make: Callable[[Memo], Fitted]) -> Fitted: ...

    def audited(self, mark: str, series: Mapping[str, Series], make: Audit) -> dict[str, Any]: ...

    def forecast(self, inputs: Inputs, model: Model, symbol: str, horizon: int, day: int) -> Path: ...

    def live(self, ledger: sqlite3.Connection, interval: str, clock: Clock, terms: Sequence[Term]) -> Columns: ...

    def past(self, ledger: sqlite3.Connection, symbol: str, interval: str, horizon: int, clock: Clock) -> Past: ...

    def waiting(self, ledger: sqlite3.Connection, interval: str, clock: Clock) -> Waiting: ...


class Nothing:
    """Keeps nothing: everything is computed, and read from the ledger, when it is asked for."""

    @property
    def models(self) -> dict[Any, Any]:
        return {}

    def inputs(
        self, series: Mapping[str, Series], fleet: tuple[str, ...], benchmark: str | None, families: tuple[str, ...],
        extra: tuple[dict[str, Any], ...], since: int | None = None,
    ) -> Inputs:  # fmt: skip
        from stockml.models import inputs

        return inputs.build(series, fleet, benchmark, families=families, extra=extra, since=since)

    def fitted(self, inputs: Inputs, plan: Plan, make: Callable[[Memo], Fitted]) -> Fitted:
        return make({})

    def audited(self, mark: str, series: Mapping[str, Series], make: Audit) -> dict[str, Any]:
        return make()

    def forecast(self, inputs: Inputs, model: Model, symbol: str, horizon: int, day: int) -> Path:
        from stockml.models.forecast import forecast

        return forecast(inputs, model, symbol, horizon, day)

    def live(self, ledger: sqlite3.Connection, interval: str, clock: Clock, terms: Sequence[Term]) -> Columns:
        from stockml.ledger import live as ledger_live
        from stockml.monitor import live

        return live.columns(ledger_live.forecasts(ledger, interval, clock, terms))

    def past(self, ledger: sqlite3.Connection, symbol: str, interval: str, horizon: int, clock: Clock) -> Past:
        from stockml.forecasts import signals, weights
        from stockml.ledger.signals import history

        return weights.past(history(ledger, symbol, interval, horizon, clock), tuple(signals.WEIGHTS))

    def waiting(self, ledger: sqlite3.Connection, interval: str, clock: Clock) -> Waiting:
        from stockml.ledger import outcomes

        return Waiting(outcomes.waiting(ledger, interval, clock), outcomes.settled_later(ledger, interval, clock))


NOTHING = Nothing()


def of(env: Environment) -> Kept:
    """What an environment keeps."""
    kept: Kept = NOTHING if env.kept is None else env.kept
    return kept
