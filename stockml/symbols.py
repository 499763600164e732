"""Validates symbol names, once, before they touch a path, a URL or SQL."""

from __future__ import annotations

import re

from stockml.errors import SymbolError

_SHAPE = re.compile(r"[A-Z0-9^][A-Z0-9.^=-]{0,19}", re.ASCII)


def parse(text: str) -> str:
    """Return the symbol in its one spelling (upper case), or raise `SymbolError`.

    >>> parse("brk-b")
    'BRK-B'
    """
    symbol = text.upper() if isinstance(text, str) and text.isascii() else ""
    if not _SHAPE.fullmatch(symbol) or ".." in symbol or symbol.endswith("."):
        shown = repr(text if len(str(text)) <= 40 else str(text)[:40] + "…")
        raise SymbolError(
            f"{shown} is not a symbol",
            symbol=str(text)[:40].encode(errors="backslashreplace").decode(),  # it may be no text
            hint="a symbol has 1 to 20 characters from A-Z 0-9 . ^ = -, as in NVDA, BRK-B, INFY.NS, ^NSEI",
        )
    return symbol


def parse_all(texts: tuple[str, ...] | list[str]) -> list[str]:
    """Parse several, keeping their order and dropping repeats. Raises at the first bad one."""
    return list(dict.fromkeys(parse(text) for text in texts))
