"""What is wrong, since when and what to do about it, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stockml.view import palette
from stockml.view.plain import moment

if TYPE_CHECKING:
    from rich.console import RenderableType

SHOWN = 6  # troubles in full; the rest is counted
LEVEL_WIDTH = 6


def is_well(result: dict[str, Any]) -> bool:
    """Whether nothing is wrong; what is merely to be done does not count."""
    return all(one["level"] == "note" for one in result["troubles"])


def lines(troubles: Sequence[dict[str, Any]], *, everything: bool = False) -> list[RenderableType]:
    """A block a trouble: its level, the sentence folded under itself, since when, the command unbroken."""
    shown = troubles if everything else troubles[:SHOWN]
    out: list[RenderableType] = []
    for one in shown:
        out += _block(one)
    if len(shown) < len(troubles):
        out.append(f"and {len(troubles) - len(shown)} more; -v shows all")
    return out


def _block(one: dict[str, Any]) -> list[RenderableType]:
    from rich.table import Table
    from rich.text import Text

    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_column(width=LEVEL_WIDTH - 1, no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(one["level"], style=palette.LEVELS[one["level"]]), Text(one["sentence"]))
    since = f"since {moment(one['since'])}   " if one["since"] else ""
    command = Text(f"{' ' * LEVEL_WIDTH}{since}do: ", no_wrap=True)
    command.append(one["command"], style="bold")
    return [row, command]
