"""What clean-up decides about: things with their weight, age and protection, and the rules of the configuration."""

from __future__ import annotations

from dataclasses import dataclass

from stockml.config.schema import Config
from stockml.store.sizes import Weight

HOUR = 1.0 / 24.0  # days
YOUNG = "it is younger than an hour"
REST = "rest"  # the kind of what no clean-up touches


@dataclass(frozen=True)
class Thing:
    """One thing on the disk that may or may not go, whole.

    `name` is unique and what people are told; `lock` the file of the lock under which it goes, if it has one.
    `weights` holds its files, one entry a name. With a `protected` sentence it stays. `due` is a sentence of the room
    it belongs to, where that decided already that it goes. `mark` tells it from another one in its place.
    """

    kind: str
    name: str
    path: str
    weights: tuple[Weight, ...]
    age_days: float
    symbol: str = ""
    lock: str = ""
    protected: str = ""
    due: str = ""
    mark: tuple[int, ...] = ()

    @property
    def bytes(self) -> int:
        """Its bytes on the disk, shared ones included."""
        return sum(dict(self.weights).values())


@dataclass(frozen=True)
class Rules:
    """What the configuration asks of clean-up, in bytes and days."""

    keep_versions: int
    log_days: float
    log_bytes: int
    trash_days: float
    budget: int
    reserve: int


def rules_of(config: Config) -> Rules:
    wanted = config.cleanup
    return Rules(
        wanted.keep_versions, wanted.log_days, int(wanted.log_mb * 1e6), wanted.trash_days,
        int(wanted.max_disk_gb * 1e9), int(wanted.reserve_mb * 1e6),
    )  # fmt: skip
