"""The ledger as a whole: its chains checked, its forecasts exported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stockml.environment import Environment
from stockml.errors import WorkspaceError
from stockml.ledger import forecasts, verification
from stockml.ledger.schema import CHAINS, JUDGED
from stockml.pace import Tell, silent

COLUMNS = (*forecasts.EXPORTED, *JUDGED)


def verify(env: Environment, tell: Tell = silent) -> dict[str, Any]:
    """`result` of `ledger verify`. A file that is no ledger any more is a problem like others."""
    try:
        return verification.verify(env.ledger, tell)
    except WorkspaceError as error:
        problem = verification.Problem("ledger", None, None, "damaged", error.message)
        return {"ok": False, **{chain.name: 0 for chain in CHAINS}, "problems": [vars(problem)]}


def export(env: Environment, symbols: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The forecasts made by now with the outcomes they had by now, in the order they were made."""
    return list(forecasts.export(env.ledger, env.config.data.interval, env.clock, symbols))
