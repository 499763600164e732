"""Lines of the logs and events of a run, as text."""

from __future__ import annotations

from typing import Any


def line(at: str, area: str, text: str) -> str:
    """One line: when, where, what."""
    return f"{at or '-':<20} {area:<11} {text}"


def event(one: dict[str, Any]) -> str:
    """One event of a run: when, how far, which stage, about what."""
    about = " ".join(str(one[key]) for key in ("symbol", "message") if one.get(key))
    stage = f"{one.get('percent', 0.0):5.1f} % {one.get('stage', '-'):<9}"
    return f"{one.get('recorded_at', '-'):<20} {stage} {about}".rstrip()
