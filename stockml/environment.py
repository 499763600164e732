"""What every command works with: workspace, configuration, clock and the two databases, opened when needed."""

from __future__ import annotations

import functools
import sqlite3
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from stockml.bars import calendar
from stockml.bars import store as market_store
from stockml.clock import Clock
from stockml.config.load import load
from stockml.config.schema import Config
from stockml.errors import UsageError, WorkspaceError
from stockml.ledger import store as ledger_store
from stockml.workspace import RESTORING, Workspace


@dataclass(frozen=True)
class Environment:
    """Opened once per command. The databases open on first use."""

    workspace: Workspace
    config: Config
    as_of: str | None = None
    offline: bool = False
    kept: Any = None  # inputs and fits kept from one command to the next (`pipeline.steps.Kept`); None keeps nothing

    @functools.cached_property
    def market(self) -> sqlite3.Connection:
        return market_store.connect(self.workspace.market_file)

    @functools.cached_property
    def ledger(self) -> sqlite3.Connection:
        return ledger_store.connect(self.workspace.ledger_file)

    @functools.cached_property
    def clock(self) -> Clock:
        """The clock: `--as-of`, else the configuration's `as_of`, else the machine's."""
        text = self.as_of or self.config.as_of
        if text is None:
            return Clock()
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise UsageError(f"--as-of {text!r} is not a date", hint="use YYYY-MM-DD") from error
        return calendar.clock_at(self.market, day, self.config.data.settle_minutes)

    def at(self, as_of: str) -> Environment:
        """The same as of another session, on the same two connections."""
        moved = replace(self, as_of=as_of)
        moved.__dict__.update(market=self.market, ledger=self.ledger)
        return moved

    def with_kept(self, kept: Any, config: Config | None = None) -> Environment:
        """The same with what is kept between commands, and another configuration if one is given."""
        other = replace(self, kept=kept, config=config or self.config)
        other.__dict__.update(market=self.market, ledger=self.ledger)
        return other

    def cut_day(self, symbol: str) -> int:
        """The newest day whose bar of a symbol may be used now."""
        return calendar.cut_day(
            self.market, symbol, self.clock, self.config.data.calendars, self.config.data.settle_minutes
        )

    def lag_sessions(self, symbol: str, last_day: int) -> int:
        """How many sessions a symbol's newest bar lies behind the newest that could be there."""
        name = calendar.name_for(symbol, self.config.data.calendars)
        return calendar.lag(self.market, name, last_day, self.cut_day(symbol))


def open_environment(workspace: Workspace, as_of: str | None = None, offline: bool = False) -> Environment:
    """Load the configuration and return the environment.

    Raises `WorkspaceError` or `ConfigError`. A workspace that is half restored is used by nobody.
    """
    if (workspace.data / RESTORING).exists():
        raise WorkspaceError(
            f"{workspace.home}: a restore is under way, or was interrupted", symbol=str(workspace.home),
            kind="restoring", hint="'stockml backup restore' finishes it",
        )  # fmt: skip
    return Environment(workspace, load(workspace), as_of, offline)
