"""One file per check; its file name is the check's name. Each has `check(watch) -> list[Finding]` and an `ORDER`."""

from __future__ import annotations

from typing import Any

from stockml import registry


def names() -> list[str]:
    """The checks in the order in which they are shown: the machine and its records last."""
    return sorted(registry.names(list(__path__)), key=lambda name: (load(name).ORDER, name))


def is_hint(name: str) -> bool:
    """Whether nothing follows from what a check finds: no state worse than ok, no alert, no trigger."""
    return bool(getattr(load(name), "IS_HINT", False))


def load(name: str) -> Any:
    return registry.load(__name__, list(__path__), name, "check")
