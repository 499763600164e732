"""Symbols from the command line, checked against the fleet."""

from __future__ import annotations

from collections.abc import Sequence

from stockml.config.schema import Config
from stockml.errors import UsageError
from stockml.symbols import parse_all


def symbols(config: Config, given: Sequence[str]) -> list[str]:
    """The given symbols, or the whole fleet. Raises `UsageError` for one that is not configured."""
    if not given:
        return list(config.symbols)
    wanted = parse_all(list(given))
    strange = [symbol for symbol in wanted if symbol not in config.symbols]
    if strange:
        raise UsageError(
            f"{', '.join(strange)}: not in the configured fleet",
            hint=f"the fleet is {' '.join(config.symbols[:20])}; add a symbol with 'stockml config set symbols ...'",
        )
    return wanted


def day(text: str | None, option: str) -> int | None:
    """A date option as a day number. Raises `UsageError` if it is no date."""
    from datetime import date

    from stockml.clock import to_day

    if text is None:
        return None
    try:
        return to_day(date.fromisoformat(text))
    except ValueError as error:
        raise UsageError(f"{option} {text!r} is not a date", hint="use YYYY-MM-DD") from error
