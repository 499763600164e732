"""The configuration as people see it: as JSON text, and its mistakes one a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.plain import lines

if TYPE_CHECKING:
    from rich.console import Console


def document(value: Any) -> Callable[[Console], None]:
    """A value as JSON text, exactly: no wrapping, no markup, so that it can be piped into a file."""

    def show(console: Console) -> None:
        console.out(json.dumps(value, indent=2, ensure_ascii=False), highlight=False)

    return show


def problems(found: list[dict[str, Any]], path: str) -> Callable[[Console], None]:
    """Each mistake with its JSON path."""
    if not found:
        return lines([f"{path} is fine."])
    return lines([f"{one['path']}: {one['message']}" for one in found])
