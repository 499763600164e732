"""The picture of one symbol's prices: closes, the fan of the newest forecasts, past intervals, hits and misses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from stockml.dashboard.chart import ACROSS, Canvas
from stockml.dashboard.paper import Paper
from stockml.dashboard.seen import Detail, Spoken
from stockml.view import palette

if TYPE_CHECKING:
    from rich.text import Text

LABEL = 11  # columns beside the picture: prices, and " 12/120 out"
DOTS_A_SESSION = 2  # at least; fewer closes are shown where there is less room
MARGIN = 0.03  # of the span of prices that is left free above and below
WORST = {None: 0, 80: 1, 90: 2, 0: 3}  # which outcome stands for several in one column
STYLES = {80: "green", 90: palette.LEVELS["warn"], 0: palette.LEVELS["bad"], None: "dim"}


def draw(detail: Detail, paper: Paper, height: int, signs: Mapping[int | None, str], *, is_tall: bool) -> list[Text]:
    """The picture in `height` lines, then hits (if there are past forecasts), directions (if `is_tall`) and dates."""
    from rich.text import Text

    width = max(8, paper.width - LABEL)
    ahead = max((one.target for one in detail.newest.values()), default=0) - len(detail.closes) + 1
    count = width * ACROSS // DOTS_A_SESSION - max(0, ahead)
    first = max(0, len(detail.closes) - max(2, count))
    past = [one for one in detail.past if one.target >= first]
    canvas = _canvas(detail, past, first, width, height)
    labels = _labels(canvas, detail.closes[-1])
    out = []
    for row, cells in enumerate(canvas.lines(braille=paper.is_unicode)):
        line = Text()
        for style, run in groupby(cells, key=lambda cell: cell[1]):
            line.append("".join(character for character, _ in run), style)
        line.append(f"{labels.get(row, ''):>{LABEL}}", "bold" if row == canvas.row_of(detail.closes[-1]) else "dim")
        out.append(line)
    outcomes = _outcomes(canvas, past, signs) if _has_outcomes(detail.past) else []
    return [*out, *outcomes[: 1 + is_tall], _dates(detail, first, width)]


def below(detail: Detail, *, is_tall: bool) -> int:
    """How many lines `draw` puts under the picture."""
    return 2 + is_tall if _has_outcomes(detail.past) else 1


def _has_outcomes(past: Sequence[Spoken]) -> bool:
    return any(one.inside is not None for one in past)


def _canvas(detail: Detail, past: Sequence[Spoken], first: int, width: int, height: int) -> Canvas:
    closes = detail.closes[first:]
    fan = [one for _, one in sorted(detail.newest.items())]
    shown = [*closes, *(end for one in (*past, *fan) for end in (one.lo90, one.hi90))]
    low, high = min(shown), max(shown)
    room = MARGIN * (high - low)
    right = max([len(detail.closes) - 1, *(one.target for one in fan)])
    canvas = Canvas(width, height, first, right, low - room, high + room)
    canvas.layer("dim", ".")
    for one in past:
        canvas.dot(one.target, one.lo90)
        canvas.dot(one.target, one.hi90)
    _fan(canvas, fan, detail.closes)
    canvas.layer("bold", "*")
    canvas.line(range(first, first + len(closes)), closes)
    return canvas


def _fan(canvas: Canvas, fan: Sequence[Spoken], closes: Sequence[float]) -> None:
    """Lines from the close at which the newest forecasts were made to the ends of their intervals."""
    if not fan:
        return
    made = max(one.made for one in fan)
    now = [one for one in fan if one.made == made]
    if not 0 <= made < len(closes):
        return
    xs = [made, *(one.target for one in now)]
    for style, letter, names in (("magenta", "-", ("lo90", "hi90")), ("cyan", "=", ("lo80", "hi80"))):
        canvas.layer(style, letter)
        for name in names:
            canvas.line(xs, [closes[made], *(getattr(one, name) for one in now)])


def _labels(canvas: Canvas, last: float) -> dict[int, str]:
    """Prices beside the picture: highest, lowest, and the last close."""
    made = {0: canvas.high, canvas.height - 1: canvas.low, canvas.row_of(last): last}
    return {row: f"{value:,.2f}" if value < 100_000 else f"{value:,.0f}" for row, value in made.items()}


def _outcomes(canvas: Canvas, past: Sequence[Spoken], signs: Mapping[int | None, str]) -> list[Text]:
    """Under each column the worst outcome of the forecasts for its sessions, and whether the direction was right."""
    from rich.text import Text

    worst: dict[int, int | None] = {}
    sides: dict[int, bool] = {}
    for one in past:
        column = min(canvas.width - 1, canvas.column_of(one.target))
        if WORST[one.inside] >= WORST[worst.get(column)]:
            worst[column] = one.inside
        if one.hit is not None:
            sides[column] = one.hit and sides.get(column, True)
    judged = [one for one in past if one.inside is not None]
    hits = sum(bool(one.hit) for one in past if one.hit is not None)
    missed = sum(one.inside == 0 for one in judged)
    inside, side = Text(), Text()
    for column in range(canvas.width):
        kind = worst.get(column)
        inside.append(signs[kind] if column in worst else " ", STYLES[kind])
        right = sides.get(column)
        side.append(" " if right is None else "+" if right else "-", "green" if right else "dim")
    inside.append(f" {missed}/{len(judged)} out", "dim")
    side.append(f" {hits}/{len(judged)} +", "dim")
    return [inside, side]


def _dates(detail: Detail, first: int, width: int) -> Text:
    """The first session shown on the left, the last one and the target of the fan on the right."""
    from rich.text import Text

    begin, end = detail.sessions[first], detail.sessions[-1]
    targets = [one.target_session for one in detail.newest.values()]
    right = f"{end}{f' to {max(targets)}' if targets and max(targets) > end else ''}"
    return Text(f"{begin}{right:>{max(0, width - len(begin))}}", "dim")
