"""One file per kind of thing that can be cleaned away; its file name is the kind.

Each says what it is worth and how it goes, finds its things, and decides from things and rules which of them are due:
`VALUE` (the lowest goes first), `UNDOABLE` (goes by the trash), `WORTHLESS` (given up before anything of value),
`WORDS`, `GIVEN_UP`, `found(scene) -> list[Thing]`, `due(things, rules) -> {name: sentence}`, `still(scene, thing)`
(why it stays after all, asked right before it goes) and `remove(scene, thing)`.
"""

from __future__ import annotations

import functools
from typing import Any

from stockml import registry


@functools.cache
def names() -> tuple[str, ...]:
    return tuple(registry.names(list(__path__)))


@functools.cache
def load(name: str) -> Any:
    return registry.load(__name__, list(__path__), name, "kind of thing to clean")
