"""How many bytes things take together, and what would be left without some: a file goes with its last name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from stockml.cleanup.thing import Thing


class Tally:
    """The bytes of what stays. `drop` and `keep` say what one thing less or more makes of them."""

    def __init__(self, things: Iterable[Thing]) -> None:
        self._names: Counter[int] = Counter()
        self.used = 0
        for one in things:
            self.keep(one)

    def keep(self, thing: Thing) -> int:
        """Count a thing in; returns the bytes it adds."""
        added = 0
        for file, size in thing.weights:
            added += 0 if self._names[file] else size
            self._names[file] += 1
        self.used += added
        return added

    def drop(self, thing: Thing) -> int:
        """Count a thing out; returns the bytes that are free then: none of a file that has other names left."""
        freed = 0
        for file, size in thing.weights:
            self._names[file] -= 1
            freed += 0 if self._names[file] else size
        self.used -= freed
        return freed
