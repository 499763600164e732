"""A text as HTML shows it: nothing in it is markup, and what would not be seen or would turn its order is marked."""

from __future__ import annotations

import re
from html import escape

# Controls, separators of lines, marks that turn the direction of writing, halves of characters.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def text(words: str) -> str:
    """Escaped; each character of `UNSEEN` is the replacement character."""
    return escape(UNSEEN.sub("\ufffd", words))
