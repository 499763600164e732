"""Lines of text, and figures in words: percent on screen only, digits no finer than the error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

NONE = "-"


def lines(texts: list[str]) -> Callable[[Console], None]:
    """A view that prints plain lines."""

    def show(console: Console) -> None:
        for text in texts:
            console.print(text, soft_wrap=True)

    return show


def percent(value: float | None, digits: int = 1) -> str:
    return NONE if value is None else f"{100 * value:.{digits}f}"


def between(low: float | None, high: float | None, digits: int = 1) -> str:
    return NONE if low is None or high is None else f"[{percent(low, digits)}, {percent(high, digits)}]"


def share(value: float | None, low: float | None, high: float | None) -> str:
    """A share in percent with its interval: whole points, or tenths where the interval is narrower than four points."""
    if value is None:
        return NONE
    digits = 1 if low is not None and high is not None and high - low < 0.04 else 0
    return f"{percent(value, digits)} {between(low, high, digits).replace(' ', '')}"


def signed_percent(value: float | None, digits: int = 2) -> str:
    return NONE if value is None else f"{100 * value:+.{digits}f}"


def number(value: float | None, digits: int = 3) -> str:
    return NONE if value is None else f"{value:.{digits}f}"


def price(value: float | None) -> str:
    return NONE if value is None else f"{value:,.2f}"


def words(verdict: Any) -> str:
    """A verdict as people say it."""
    return str(verdict).replace("_", " ")
