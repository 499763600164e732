"""Trouble that a policy file may ask for: its kinds and keys, what is wrong with an entry, what it does when. Pure."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar


@dataclass(frozen=True)
class Outage:
    """The source fails for so many sessions, the first on or after a day; for all symbols, or for some."""

    first: date
    sessions: int
    symbols: tuple[str, ...] = ()
    kind: ClassVar[str] = "outage"


@dataclass(frozen=True)
class BadBars:
    """The source tells prices times `factor` for so many sessions, and the right ones from the next session on."""

    first: date
    sessions: int = 1
    symbols: tuple[str, ...] = ()
    factor: float = 10.0
    kind: ClassVar[str] = "bad_bars"


@dataclass(frozen=True)
class RegimeBreak:
    """From a day on log returns of some symbols are `volatility` times what they were, plus `drift` a session."""

    first: date
    symbols: tuple[str, ...] = ()
    volatility: float = 3.0
    drift: float = 0.0
    kind: ClassVar[str] = "regime_break"


@dataclass(frozen=True)
class LeakingChallenger:
    """On a day every symbol is trained on features one of which knows the next session."""

    on: date
    strength: float = 3.0
    kind: ClassVar[str] = "leaking_challenger"


@dataclass(frozen=True)
class OverfitChallenger:
    """On a day every symbol is trained by trees without restraint, shown as they come."""

    on: date
    kind: ClassVar[str] = "overfit_challenger"


@dataclass(frozen=True)
class MachineOff:
    """From a day on the machine is off for so many days (UTC); afterwards each missed job runs once."""

    first: date
    days: int = 10
    kind: ClassVar[str] = "machine_off"


Trouble = Outage | BadBars | RegimeBreak | LeakingChallenger | OverfitChallenger | MachineOff
KINDS: dict[str, type[Trouble]] = {
    one.kind: one for one in (Outage, BadBars, RegimeBreak, LeakingChallenger, OverfitChallenger, MachineOff)
}
SPELLED = {"first": "from"}  # `from` is a word of the language, and what people write
LIMITS = {"sessions": (1, 2520), "days": (1, 3660), "factor": (1e-6, 1e6), "volatility": (0.01, 100.0),
          "strength": (0.01, 100.0), "drift": (-0.2, 0.2)}  # fmt: skip


def problems(listed: Any) -> list[tuple[str, str]]:
    """What is wrong with `trouble` of a policy file: (path inside it, message)."""
    if not isinstance(listed, list):
        return [("", "expected a list")]
    return [(f"{place}{path}", told) for place, one in enumerate(listed) for path, told in _problems_of(one)]


def _problems_of(raw: Any) -> Iterable[tuple[str, str]]:
    if not isinstance(raw, dict) or raw.get("kind") not in KINDS:
        yield "", f"expected an object with a kind of {', '.join(KINDS)}"
        return
    fields = {SPELLED.get(one.name, one.name): one for one in dataclasses.fields(KINDS[raw["kind"]])}
    for key, value in raw.items():
        if key == "kind":
            continue
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            yield f".{key}", f"unknown key; did you mean {near[0]!r}?" if near else "unknown key"
        elif told := _wrong(key, value):
            yield f".{key}", told
    for key, one in fields.items():
        if key not in raw and one.default is dataclasses.MISSING:
            yield f".{key}", "is missing"


def _wrong(key: str, value: Any) -> str:
    """Why a value is none of its key, or an empty string."""
    if key in ("from", "on"):
        try:
            date.fromisoformat(value)
        except (TypeError, ValueError):
            return "expected a day, as YYYY-MM-DD"
        return ""
    if key == "symbols":
        good = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
        return "" if good else "expected a list of symbols"
    low, high = LIMITS[key]
    whole = key in ("sessions", "days")
    number = isinstance(value, int | float) and not isinstance(value, bool) and (isinstance(value, int) or not whole)
    if number and low <= value <= high:
        return ""
    return f"expected {'a whole' if whole else 'a'} number from {low:g} to {high:g}"


def read(listed: Sequence[Mapping[str, Any]]) -> tuple[Trouble, ...]:
    """The trouble of a list that `problems` found nothing wrong with."""
    return tuple(_read(one) for one in listed)


def _read(raw: Mapping[str, Any]) -> Trouble:
    values: dict[str, Any] = {}
    for one in dataclasses.fields(KINDS[raw["kind"]]):
        key = SPELLED.get(one.name, one.name)
        if key in raw:
            value = raw[key]
            value = date.fromisoformat(value) if key in ("from", "on") else value
            values[one.name] = tuple(value) if isinstance(value, list) else value
    return KINDS[raw["kind"]](**values)


def of_source(troubles: Sequence[Trouble]) -> tuple[Outage | BadBars, ...]:
    """Those that a source plays, so that bars have to be fetched session by session."""
    return tuple(one for one in troubles if isinstance(one, Outage | BadBars))


def has_own_bars(troubles: Sequence[Trouble]) -> bool:
    """Whether a policy sees other bars than those without its trouble."""
    return any(isinstance(one, Outage | BadBars | RegimeBreak) for one in troubles)


def is_off(troubles: Sequence[Trouble], moment: datetime) -> datetime | None:
    """When the machine comes back, if it is off at a moment (UTC)."""
    for one in troubles:
        if isinstance(one, MachineOff):
            begins = datetime(one.first.year, one.first.month, one.first.day, tzinfo=moment.tzinfo)
            ends = begins + timedelta(days=one.days)
            if begins <= moment < ends:
                return ends
    return None


def sentence(one: Trouble) -> str:
    """What is done to the system, for the calendar of events."""
    whom = ", ".join(getattr(one, "symbols", ())) or "every symbol"
    match one:
        case Outage():
            return f"the source fails for {one.sessions} sessions ({whom})"
        case BadBars():
            return f"the source tells prices times {one.factor:g} for {one.sessions} sessions ({whom})"
        case RegimeBreak():
            drift = f", with a drift of {one.drift:+g} a session" if one.drift else ""
            return f"returns become {one.volatility:g} times as large{drift} ({whom})"
        case LeakingChallenger():
            return "a challenger is trained on a feature that knows the next session"
        case OverfitChallenger():
            return "a challenger is trained without restraint"
        case MachineOff():
            return f"the machine is off for {one.days} days"


def day_of(one: Trouble) -> date:
    return one.on if isinstance(one, LeakingChallenger | OverfitChallenger) else one.first
