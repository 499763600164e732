"""One look for every table: tight where the terminal is narrow, roomy where it is wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

ROOMY = 100  # columns of terminal from which cells get more room


def table(width: int, left: tuple[str, ...], right: tuple[str, ...] = (), title: str | None = None) -> Table:
    """An empty table with left-aligned columns, then right-aligned ones."""
    from rich import box
    from rich.table import Table

    room = (0, int(width >= ROOMY), 0, 0)
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=room, title=title, title_justify="left")
    for name in left:
        made.add_column(name, no_wrap=True)
    for name in right:
        made.add_column(name, justify="right", no_wrap=True)
    return made
