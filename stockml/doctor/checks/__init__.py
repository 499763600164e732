"""One file per check. Each has `check(case) -> list[Finding]`, a `NAME`, an `ORDER`, and says if it NEEDS_WORKSPACE."""

from __future__ import annotations

from typing import Any

from stockml import registry


def names() -> list[str]:
    """The checks in the order in which they are shown: what the others stand on first."""
    return sorted(registry.names(list(__path__)), key=lambda name: (load(name).ORDER, name))


def load(name: str) -> Any:
    return registry.load(__name__, list(__path__), name, "check")
