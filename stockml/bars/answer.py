"""What a source is asked and what it answers. Every source is a module with `fetch(request) -> Answer`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from stockml.arrays import Days, Floats
from stockml.config.schema import Data


@dataclass(frozen=True)
class Request:
    """One symbol to be fetched.

    `first` and `through` are sessions, both wanted; `first` None means all there is. `fingerprint` is what
    the source called its state when it was last read whole, or "". `known` says that bars of the symbol are
    stored already, so that a source which no longer has it can tell a delisting from a wrong name.
    """

    symbol: str
    interval: str
    first: date | None
    through: date
    config: Data
    home: Path
    fingerprint: str
    now: datetime
    known: bool = False


@dataclass(frozen=True)
class Answer:
    """Rows as the source gave them: its order, its defects. `quality.judge` decides what is kept.

    Arrays as in `Bars`: raw prices (as traded on their day), cash dividend in the price of its day, split
    ratio (1 none). `adjusted` holds the file's adjusted closes where there were any, to be judged too.
    `unreadable` lists (row number, text) of rows without a readable date. `unchanged` means: the state is
    still the request's fingerprint, no rows were read, and the arrays are empty.
    """

    session: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    dividend: Floats
    split: Floats
    source: str
    fingerprint: str = ""
    unchanged: bool = False
    message: str = ""
    adjusted: Floats | None = None
    unreadable: list[tuple[int, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.session)

    def within(self, first: int | None, last: int) -> Answer:
        """The rows from one day to another, both included, in the same order."""
        keep = self.session <= last
        if first is not None:
            keep &= self.session >= first
        return self.where(keep)

    def where(self, keep: Any) -> Answer:
        """The rows that a boolean array marks, in the same order."""
        if keep.all():
            return self
        return replace(
            self,
            **{name: getattr(self, name)[keep] for name in ROWS},
            adjusted=None if self.adjusted is None else self.adjusted[keep],
        )


ROWS = ("session", "open", "high", "low", "close", "volume", "dividend", "split")


def unchanged(source: str, fingerprint: str) -> Answer:
    """The answer of a source that still stands where it was."""
    none = np.empty(0)
    return Answer(np.empty(0, np.int32), none, none, none, none, none, none, none, source, fingerprint, unchanged=True)
