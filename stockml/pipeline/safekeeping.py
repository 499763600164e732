"""A backup before a training replaces its first champion; training goes on whether or not it can be made."""

from __future__ import annotations

from dataclasses import dataclass, field

from stockml.backup import creation
from stockml.environment import Environment
from stockml.errors import StockmlError
from stockml.pipeline import runs
from stockml.store import pointers


@dataclass
class Guard:
    """What one training run makes sure of, once. `warnings` say what stood against it."""

    env: Environment
    warnings: list[str] = field(default_factory=list)
    is_done: bool = False

    def before_promotion(self, symbol: str, version: str) -> None:
        """Back up if a champion is about to be replaced, by another version, for the first time in this run.

        Copies elsewhere wait for the next `backup`: no training depends on a network. A failure is a row of `runs`
        with its exit status, and a warning.
        """
        env = self.env
        if self.is_done or not env.config.backup.before_promotion:
            return
        standing = pointers.standing(env.workspace, env.ledger, symbol, env.clock)
        if standing is None or standing["champion"] == version:
            return
        self.is_done = True
        try:
            with runs.recorded(env, "backup", "training") as run:
                made = creation.create(env, why=f"before promotions, {symbol} first", who="train", copies=())
                run.summary = {"snapshot": made["snapshot"], "added_bytes": made["added_bytes"]}
        except StockmlError as error:
            self.warnings.append(f"no backup was made before champions were replaced: {error.message}")
