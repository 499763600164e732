"""A row of figures as one line of block characters, with marks under it."""

from __future__ import annotations

from collections.abc import Sequence

from stockml.view.glyphs import UNICODE

MARK = "^"


def line(
    values: Sequence[float | None], width: int, low: float, high: float, blocks: str = UNICODE.blocks
) -> str:
    """The values from left to right in at most `width` characters; what does not exist is a blank.

    `low` and below is the lowest block, `high` and above the highest. Of values that share a column the last counts.
    """
    columns: list[float | None] = [None] * min(width, len(values))
    for place, value in enumerate(values):
        columns[column(place, len(values), width)] = value
    return "".join(" " if value is None else _block(value, low, high, blocks) for value in columns)


def column(place: int, count: int, width: int) -> int:
    """In which column the value at a place of `count` values stands."""
    return place if count <= width else place * width // count


def marks(places: Sequence[int], count: int, width: int) -> str:
    """A mark under the columns of some places."""
    under = [" "] * min(width, count)
    for place in places:
        under[column(place, count, width)] = MARK
    return "".join(under).rstrip()


def _block(value: float, low: float, high: float, blocks: str) -> str:
    share = 0.5 if high <= low else (value - low) / (high - low)
    return blocks[min(len(blocks) - 1, max(0, int(share * len(blocks))))]
