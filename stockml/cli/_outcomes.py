"""What the outcomes of a fetch or an import mean for the exit status, the same for daily and intraday bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stockml.errors import DONE, NOTHING_DONE, PARTIAL, StockmlError

if TYPE_CHECKING:
    from stockml.bars import intraday_update, update

    Results = Sequence[update.Result] | Sequence[intraday_update.Result]


def failures(results: Results) -> list[StockmlError]:
    """The results that brought nothing, as errors."""
    from stockml.bars.update import FAILURES
    from stockml.errors import SourceError

    return [
        SourceError(one.message, outcome=one.outcome, symbol=one.symbol) for one in results if one.outcome in FAILURES
    ]


def status(results: Results) -> int:
    """0 if all is up to date; 3 if every symbol failed and the source is down or nothing is stored; else 1."""
    from stockml.bars.update import DOWN, FAILURES

    if all(one.outcome in ("ok", "holiday") for one in results):
        return DONE
    if all(one.outcome in FAILURES for one in results) and (
        all(one.outcome in DOWN for one in results) or not any(one.data_through for one in results)
    ):
        return NOTHING_DONE
    return PARTIAL
