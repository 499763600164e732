"""What clean-up looks at: the workspace, what is in use now, and the time by the clock and by the machine.

What the clock dates (versions, backups) is judged by the clock. Logs, temporary files and the trash are dated by the
machine, and judged by the machine's time: under `--as-of` they are no older than they are.
"""

from __future__ import annotations

import functools
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from stockml import processes
from stockml.cleanup import trash
from stockml.cleanup.thing import HOUR, YOUNG, Thing
from stockml.clock import stamp
from stockml.environment import Environment
from stockml.errors import StockmlError, SymbolError
from stockml.ledger import facts as ledger_facts
from stockml.ledger import outcomes
from stockml.store import sizes
from stockml.symbols import parse
from stockml.workspace import Workspace

OPEN = "a process has it open"
LOCKED = "its lock is held"
BACK = "it was taken out of the trash again"
DAYS = 86400.0
END = "9999-12-31T23:59:59Z"  # later than every stamp
Pointers = Mapping[str, Mapping[str, Any]]
Told = TypeVar("Told")


@dataclass(frozen=True)
class Scene:
    """A workspace at one moment; `wall` is the machine's time. What is asked of it is looked up once.

    With `only` the ledger is asked about one symbol.
    """

    env: Environment
    wall: datetime
    only: str | None = None

    @property
    def workspace(self) -> Workspace:
        return self.env.workspace

    @functools.cached_property
    def symbols(self) -> list[str]:
        """The symbols that have a folder, configured or not."""
        return sorted(name for name in _names(self.workspace.models) if _is_symbol(name))

    @functools.cached_property
    def lock_holders(self) -> Mapping[tuple[int, int, int], int]:
        return processes.lock_holders() or {}

    @functools.cached_property
    def open_files(self) -> set[tuple[int, int]]:
        return processes.open_files()

    @functools.cached_property
    def ledger(self) -> sqlite3.Connection | None:
        """The ledger; None where it cannot be read. Clean-up has to work then, and on a full disk."""
        try:
            return self.env.ledger
        except StockmlError:
            return None

    @functools.cached_property
    def waiting(self) -> Mapping[str, set[str]] | None:
        """Versions whose forecasts have no outcome by now, by symbol; None where the ledger cannot tell."""
        now = stamp(self.env.clock.now())
        return self._asked(lambda ledger: outcomes.versions_waiting(ledger, now, self.only))

    @functools.cached_property
    def logged(self) -> tuple[Pointers, Pointers] | None:
        """Pointers by symbol as the promotion log has them as of the clock and at its end; None as `waiting`."""
        moments = (stamp(self.env.clock.now()), END)

        def ask(ledger: sqlite3.Connection) -> tuple[Pointers, Pointers]:
            if self.only is None:
                now, last = (ledger_facts.all_pointers_as_of(ledger, at) for at in moments)
            else:
                found = [ledger_facts.pointers_as_of(ledger, self.only, at) for at in moments]
                now, last = ({self.only: one} if one else {} for one in found)
            return now, last

        return self._asked(ask)

    @functools.cached_property
    def brought_back(self) -> Mapping[str, str]:
        """Path -> when, of what a person took out of the trash again not longer ago than the trash is kept."""
        since = stamp(self.wall - timedelta(days=self.env.config.cleanup.trash_days))
        back = [one for entry in trash.entries(self.workspace) for one in entry.brought_back]
        return {path: at for path, at in back if at >= since}

    @functools.cached_property
    def is_over_budget(self) -> bool:
        """Whether the workspace takes more than its budget, by a walk of its own."""
        place = self.workspace
        found: dict[int, int] = {}
        for folder in (place.data, place.logs, place.home / "cron", place.home / "systemd"):
            found.update(sizes.of_tree(str(folder)))
        return sum(found.values()) > self.env.config.cleanup.max_disk_gb * 1e9

    def _asked(self, question: Callable[[sqlite3.Connection], Told]) -> Told | None:
        try:
            return None if self.ledger is None else question(self.ledger)
        except sqlite3.DatabaseError:
            return None

    def age_days(self, facts: os.stat_result) -> float:
        """Days since a file was last written, by the machine's time."""
        return (self.wall.timestamp() - facts.st_mtime) / DAYS

    def thing(self, kind: str, path: Path, protected: str = "", lock: str = "", symbol: str = "") -> Thing | None:
        """What stands at a path, protected if it is young or in use, as a thing; None if nothing does."""
        try:
            facts = os.lstat(path)
        except OSError:
            return None
        age = self.age_days(facts)
        if not protected and age < HOUR:
            protected = YOUNG
        if not protected and (facts.st_dev, facts.st_ino) in self.open_files:
            protected = OPEN
        if not protected and str(path) in self.brought_back:
            protected = BACK
        weights = tuple(sizes.of_tree(str(path)))
        return Thing(kind, self.name(path), str(path), weights, age, symbol, lock, protected, mark=mark(facts))

    def name(self, path: Path) -> str:
        """A path as people are told it: below the workspace if it is there."""
        return str(path.relative_to(self.workspace.home)) if path.is_relative_to(self.workspace.home) else str(path)

    def lock_of(self, symbol: str) -> Path:
        """The lock under which things of a symbol are made and go."""
        return self.workspace.symbol_folder(symbol) / "lock"

    def is_held(self, lock: Path) -> bool:
        """Whether somebody holds a lock, as far as the machine tells without trying it."""
        try:
            return processes.lock_key(os.stat(lock)) in self.lock_holders
        except OSError:
            return False

    def entries(self, folder: Path) -> Iterator[Path]:
        """What is in a folder, by name; nothing if it cannot be read."""
        return (folder / name for name in sorted(_names(folder)))


def log_folders(scene: Scene) -> list[Path]:
    """The folders of the areas of the logs."""
    return [path for path in scene.entries(scene.workspace.logs) if path.is_dir() and not path.is_symlink()]


def mark(facts: os.stat_result) -> tuple[int, ...]:
    """What tells a file or folder from another in its place, and from itself after a change."""
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns


def changed(thing: Thing) -> str:
    """That what stands at a thing's path is not what was looked at; "" if it is."""
    try:
        return "" if mark(os.lstat(thing.path)) == thing.mark else "it was changed meanwhile"
    except OSError:
        return "it is gone already"


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _is_symbol(name: str) -> bool:
    try:
        return parse(name) == name
    except SymbolError:
        return False
