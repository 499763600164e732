"""One word of the glossary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Term:
    """A word, its other spellings (column heads among them), its meaning in plain sentences.

    `formula` and `source` (of the statistic, or the page or key that decides) where there are any; `shown` the
    commands that use it; `related` other words of the glossary.
    """

    name: str
    meaning: str
    also: tuple[str, ...] = ()
    formula: str = ""
    source: str = ""
    shown: tuple[str, ...] = ()
    related: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "meaning": self.meaning, "also": list(self.also), "formula": self.formula or None,
            "source": self.source or None, "shown": list(self.shown), "related": list(self.related),
        }  # fmt: skip
