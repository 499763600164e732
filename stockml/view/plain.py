"""Lines of text, and figures in words: percent on screen only, digits no finer than the error."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

NONE = "-"


def lines(texts: list[str]) -> Callable[[Console], None]:
    """A view that prints sentences, a line each."""

    def show(console: Console) -> None:
        for text in texts:
            say(console, text)

    return show


def say(console: Console, text: str, style: str = "") -> None:
    """Print a sentence: broken between words on a terminal, never within one (a path stays whole), not in a file."""
    rows = [text]
    if console.is_terminal and len(text) > console.width:
        rows = textwrap.wrap(text, console.width, break_long_words=False, break_on_hyphens=False)
    for row in rows:
        console.print(row, style=style, soft_wrap=True)


def percent(value: float | None, digits: int = 1) -> str:
    return NONE if value is None else f"{100 * value:.{digits}f}"


def decimals(low: float | None, high: float | None, otherwise: int, most: int = 4) -> int:
    """Decimals down to the first digit of the standard error, a 95 % interval being 3.92 of them wide.

    `otherwise` where there is no interval. Source: JCGM 100:2008 (GUM) 7.2.6, with one digit of the error instead of
    at most two: what is shown beyond it is noise.
    """
    if low is None or high is None or not high > low:
        return otherwise
    return min(most, max(0, -math.floor(math.log10((high - low) / 3.92))))


def estimate(
    value: float | None, low: float | None, high: float | None, *, unit: float = 1.0, otherwise: int = 2, most: int = 4
) -> str:
    """A figure and its interval in some unit, digits as `decimals` says; `-` where there is none.

    >>> estimate(0.5423, 0.5012, 0.5834, unit=100), estimate(0.9312, 0.9022, 0.9602)
    ('54 [50,58]', '0.93 [0.90,0.96]')
    """
    if value is None:
        return NONE
    if low is None or high is None:
        return number(unit * value, otherwise)
    places = decimals(unit * low, unit * high, otherwise, most)
    return f"{number(unit * value, places)} [{number(unit * low, places)},{number(unit * high, places)}]"


def bare(
    value: float | None, low: float | None, high: float | None, *, unit: float = 1.0, otherwise: int = 2,
    signed: bool = False,
) -> str:  # fmt: skip
    """A figure without its interval, digits as that says; with a sign if it is a difference.

    >>> bare(0.01234, -0.02, 0.05, unit=100, signed=True), bare(0.9312, 0.9302, 0.9322)
    ('+1', '0.9312')
    """
    if value is None:
        return NONE
    places = otherwise if low is None or high is None else decimals(unit * low, unit * high, otherwise)
    rounded = round(unit * value, places) + 0.0  # no -0
    return f"{rounded:+.{places}f}" if signed else f"{rounded:.{places}f}"


def share(value: float | None, low: float | None, high: float | None) -> str:
    """A share in percent with its interval: whole points, or tenths where the error is below a point."""
    return estimate(value, low, high, unit=100.0, otherwise=0, most=1)


def signed_percent(value: float | None, digits: int = 2) -> str:
    return NONE if value is None else f"{100 * value:+.{digits}f}"


def number(value: float | None, digits: int = 3) -> str:
    return NONE if value is None else f"{value:.{digits}f}"


def days(value: float | None) -> str:
    """A number of days, no finer than it matters: hours below two days, whole days from ten on."""
    if value is None:
        return NONE
    if value < 2.0:
        return f"{24.0 * value:.0f} h"
    return f"{value:.0f} d" if value >= 10.0 else f"{value:.1f} d"


def moment(stamp: str | None) -> str:
    """An instant in UTC to the minute; a day stays a day."""
    if stamp is None:
        return NONE
    return stamp[:16].replace("T", " ") + " UTC" if "T" in stamp else stamp


def price(value: float | None) -> str:
    return NONE if value is None else f"{value:,.2f}"


def span(seconds: float) -> str:
    """A length of time in words: 40 s, 3 min, 2.5 h."""
    if seconds < 100.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 6000.0 else f"{seconds / 3600.0:.1f} h"


def ahead(horizon: str) -> str:
    """A horizon in words."""
    return f"{horizon} session{'' if horizon == '1' else 's'} ahead"


def words(verdict: Any) -> str:
    """A verdict as people say it."""
    return str(verdict).replace("_", " ")
