"""An estimate with its interval as a line of signs around the figure it is measured against."""

from __future__ import annotations

from stockml.view.glyphs import Glyphs

BEYOND = "<>"  # the ends of an interval that reaches further than the line


def draw(
    value: float | None, low: float | None, high: float | None, middle: float | None, reach: float, width: int,
    glyphs: Glyphs,
) -> str:  # fmt: skip
    """The interval from `middle - reach` to `middle + reach` in `width` characters, `middle` in the middle.

    >>> from stockml.view.glyphs import ASCII
    >>> draw(0.54, 0.50, 0.57, 0.52, 0.10, 11, ASCII)
    '    -+o-   '
    """
    if value is None or low is None or high is None or middle is None:
        return ""

    def place(figure: float) -> int:
        return round((figure - middle + reach) / (2.0 * reach) * (width - 1))

    first, last = place(low), place(high)
    cells = [glyphs.line if first <= column <= last else " " for column in range(width)]
    centre = width // 2
    cells[centre] = glyphs.crossed if cells[centre] == glyphs.line else glyphs.middle
    if 0 <= place(value) < width:
        cells[place(value)] = glyphs.value
    if first < 0:
        cells[0] = BEYOND[0]
    if last >= width:
        cells[-1] = BEYOND[1]
    return "".join(cells)
