"""What the doctor looks at: a workspace that may be missing or damaged, opened so that looking changes nothing."""

from __future__ import annotations

import functools
import os
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stockml.clock import recorded_at
from stockml.config.load import load
from stockml.config.schema import Config
from stockml.environment import Environment
from stockml.errors import StockmlError
from stockml.workspace import Workspace


@dataclass(frozen=True)
class Untouched(Environment):
    """An environment that opens its databases for reading only: nothing is made, migrated or changed."""

    @functools.cached_property
    def market(self) -> sqlite3.Connection:
        return opened(self.workspace.market_file)

    @functools.cached_property
    def ledger(self) -> sqlite3.Connection:
        return opened(self.workspace.ledger_file)


@dataclass(frozen=True)
class Case:
    """A workspace to look at. `is_named`: somebody said which; `online`: the source may be asked."""

    workspace: Workspace
    is_named: bool = False
    as_of: str | None = None
    online: bool = False

    @property
    def exists(self) -> bool:
        """Whether there is anything of a workspace."""
        return self.workspace.data.is_dir()

    @functools.cached_property
    def loaded(self) -> Config | StockmlError:
        """The configuration, or what is wrong with it."""
        try:
            return load(self.workspace)
        except StockmlError as error:
            return error

    @property
    def rules(self) -> Config:
        """The configuration, or the defaults where it cannot be read."""
        return self.loaded if isinstance(self.loaded, Config) else Config()

    @functools.cached_property
    def env(self) -> Environment:
        return Untouched(self.workspace, self.rules, self.as_of, offline=not self.online)

    @functools.cached_property
    def now(self) -> datetime:
        """The machine's time, whatever the clock of the data says."""
        return recorded_at()


def opened(path: Path) -> sqlite3.Connection:
    """A database for reading. Raises `sqlite3.Error` if it cannot be opened.

    Where nobody can write, SQLite cannot make the files it reads a WAL database with, and needs none.
    """
    unchanging = "" if os.access(path.parent, os.W_OK) else "&immutable=1"
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{unchanging}", uri=True, timeout=5)
    connection.row_factory = sqlite3.Row
    return connection
