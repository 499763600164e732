"""What a panel draws on: so many characters, and the signs that the terminal can show."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stockml.view.glyphs import UNICODE, Glyphs

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


@dataclass(frozen=True)
class Paper:
    """`width` by `height` characters, without the frame around them."""

    width: int
    height: int
    glyphs: Glyphs = UNICODE

    @property
    def is_unicode(self) -> bool:
        return self.glyphs is UNICODE

    def bar(self, share: float, width: int) -> str:
        """A share (fraction) as a filled bar."""
        filled = round(min(1.0, max(0.0, share)) * width)
        full, empty = ("█", "░") if self.is_unicode else ("#", ".")
        return full * filled + empty * (width - filled)

    def folded(self, text: Text) -> Iterable[Text]:
        """A text as lines no wider than this, broken between words where that is possible."""
        return text.wrap(_console(), max(1, self.width), overflow="fold")

    def scrolled(self, lines: list[Text], place: int) -> list[Text]:
        """The lines from a place on; never further than that the last of them stands at the bottom."""
        return lines[max(0, min(place, len(lines) - self.height)) :]


@functools.cache
def _console() -> Console:
    """What rich wants to know when it folds a text; all of it is in the text."""
    from rich.console import Console

    return Console()
