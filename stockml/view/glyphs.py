"""The signs that pictures of text are drawn with, and plain letters for terminals that cannot show them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Glyphs:
    """`blocks` from lowest to highest; of an interval: its line, the estimate, the naive figure off and on the line."""

    blocks: str
    line: str
    value: str
    middle: str
    crossed: str
    more: str


UNICODE = Glyphs("▁▂▃▄▅▆▇█", "─", "●", "│", "┼", "…")
ASCII = Glyphs("_.,-=+*#", "-", "o", "|", "+", "~")


def of(console: Console) -> Glyphs:
    """What a console can show: letters where its encoding is not a Unicode one, or the terminal is dumb."""
    is_plain = console.options.ascii_only or os.environ.get("TERM", "").lower() in ("dumb", "unknown")
    return ASCII if is_plain else UNICODE
