"""One file per panel; its file name is the panel's name.

Each has `title(seen, state) -> str`, `note(seen, state) -> str` for the lower edge, and `lines(seen, state, paper) ->
list[Text]`, of which those that fit are shown.
"""

from __future__ import annotations

from typing import Any

from stockml import registry


def names() -> list[str]:
    return registry.names(list(__path__))


def load(name: str) -> Any:
    return registry.load(__name__, list(__path__), name, "panel")
