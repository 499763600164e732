"""A cause, and the one message that an update makes of everything that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

LEVELS = ("warning", "critical")  # the milder first
WORDS = {"opened": "new", "again": "still open", "worse": "worse", "closed": "recovered"}
SHOWN = 20  # symbols named in a text before the rest is counted
LONGEST = {"title": 120, "sentence": 600}  # characters


@dataclass(frozen=True)
class Cause:
    """Why something is wrong: a stable key such as `source:yahoo`, how bad it is, in words, and for which symbols."""

    key: str
    level: str
    title: str
    sentence: str
    symbols: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"{self.level!r} is no level; there are {', '.join(LEVELS)}")


@dataclass(frozen=True)
class Change:
    """What became of a cause: its kind (opened, again, worse, changed, closed), and whether people are told."""

    kind: str
    cause: Cause
    since: str
    told: bool


@dataclass(frozen=True)
class Message:
    """What a channel delivers. `id` is the same at every attempt, so that a receiver can tell repetitions."""

    id: str
    at: str
    workspace: str
    area: str
    level: str
    title: str
    text: str
    changes: tuple[dict[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The document of docs/schemas/alerts-message.json."""
        return {
            "id": self.id, "at": self.at, "workspace": self.workspace, "area": self.area, "level": self.level,
            "title": self.title, "text": self.text, "changes": list(self.changes),
        }  # fmt: skip


def from_json(found: dict[str, Any]) -> Message:
    """The message of a document that `as_json` made."""
    return Message(**{**found, "changes": tuple(found["changes"])})


def clean(cause: Cause, strike: Callable[[str], str]) -> Cause:
    """A cause without secrets, its texts no longer than they may be."""
    return Cause(
        strike(cause.key), cause.level, strike(cause.title)[: LONGEST["title"]],
        strike(cause.sentence)[: LONGEST["sentence"]], tuple(sorted({strike(one) for one in cause.symbols})),
    )  # fmt: skip


def merge(causes: Iterable[Cause]) -> dict[str, Cause]:
    """Causes by key: one told several times is one, as bad as its worst, for the symbols of all."""
    found: dict[str, Cause] = {}
    for one in causes:
        before = found.get(one.key, one)
        worst = max(before, one, key=lambda cause: LEVELS.index(cause.level))
        found[one.key] = replace(worst, symbols=tuple(sorted({*before.symbols, *one.symbols})))
    return found


def compose(id_: str, at: str, workspace: str, area: str, changes: Sequence[Change]) -> Message:
    """One message of all changes that are to be told, the worst first."""
    ordered = sorted(changes, key=lambda one: (one.kind == "closed", -LEVELS.index(one.cause.level), one.cause.key))
    open_ = [one for one in ordered if one.kind != "closed"]
    level = max((one.cause.level for one in open_), key=LEVELS.index, default="recovered")
    listed = tuple(
        {
            "change": one.kind, "key": one.cause.key, "level": one.cause.level, "title": one.cause.title,
            "sentence": one.cause.sentence, "symbols": list(one.cause.symbols), "since": one.since,
        }
        for one in ordered
    )  # fmt: skip
    text = "\n\n".join([*map(_paragraph, ordered), f"stockml {area}, workspace {workspace}, {at}, message {id_}"])
    return Message(id_, at, workspace, area, level, _title(ordered), text, listed)


def _title(changes: Sequence[Change]) -> str:
    """One line for a subject: the change where there is one, else how many of each kind."""
    if len(changes) == 1:
        [one] = changes
        head = "recovered" if one.kind == "closed" else f"{one.cause.level}, {WORDS[one.kind]}"
        return f"{head}: {one.cause.title}"
    counts = {kind: sum(one.kind == kind for one in changes) for kind in WORDS}
    told = ", ".join(f"{count} {WORDS[kind]}" for kind, count in counts.items() if count)
    return f"{told}: {changes[0].cause.title} and {len(changes) - 1} more"


def _paragraph(change: Change) -> str:
    cause = change.cause
    head = "RECOVERED" if change.kind == "closed" else f"{cause.level.upper()} ({WORDS[change.kind]})"
    lines = [f"{head}: {cause.title}", *([cause.sentence] if change.kind != "closed" else [])]
    if cause.symbols:
        more = len(cause.symbols) - SHOWN
        named = ", ".join(cause.symbols[:SHOWN]) + (f" and {more} more" if more > 0 else "")
        lines.append(f"{len(cause.symbols)} symbol{'s' * (len(cause.symbols) != 1)}: {named}")
    return "\n".join([*lines, f"since {change.since}"])
