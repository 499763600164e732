"""The bands a measured figure has to lie in, and how figures and bands are written in the reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from _figures import Figure


@dataclass(frozen=True)
class Band:
    """A closed band; None is no bound. `value` None, a figure that does not exist, is not held."""

    name: str
    low: float | None
    high: float | None
    value: float | None
    digits: int = 3

    @property
    def held(self) -> bool:
        if self.value is None:
            return False
        return (self.low is None or self.low <= self.value) and (self.high is None or self.value <= self.high)

    @property
    def bounds(self) -> str:
        if self.low is None:
            return f"<= {number(self.high, self.digits)}"
        if self.high is None:
            return f">= {number(self.low, self.digits)}"
        return f"{number(self.low, self.digits)} to {number(self.high, self.digits)}"


def number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def percent(value: float | None, digits: int = 1) -> str:
    """A fraction as a number of hundredths, without the sign of it."""
    return number(None if value is None else 100.0 * value, digits)


def span(bounds: tuple[float, float] | None, digits: int = 3, times: float = 1.0) -> str:
    return "" if bounds is None else f" [{times * bounds[0]:.{digits}f}, {times * bounds[1]:.{digits}f}]"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> list[str]:
    """A Markdown table; the first `words` columns are text, the others are aligned as numbers."""
    marks = ["---"] * words + ["---:"] * (len(head) - words)
    return [f"| {' | '.join(cells)} |" for cells in [head, marks, *rows]]


def band_table(bands: Iterable[Band]) -> list[str]:
    rows = ((one.name, one.bounds, number(one.value, one.digits), told(one)) for one in bands)
    return table(("claim", "band", "figure", ""), rows)


def told(band: Band) -> str:
    return "held" if band.held else "**not held**"


def share_missed(title: str, bands: Sequence[Band]) -> Figure:
    """The share of bands that are not held; the limit is 0."""
    missed = [f"{one.name} {number(one.value, one.digits)}" for one in bands if not one.held]
    detail = f"{len(bands) - len(missed)} of {len(bands)} bands held" + "".join(f"; not: {one}" for one in missed)
    return Figure(title, len(missed) / len(bands), 0.0, detail)
