"""Decides what is due for training and why, and what would be due next. Pure: facts and rules in, words out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from stockml.config.schema import Retrain


class Watched(NamedTuple):
    """A threshold or sequential test that has not fired: its sentence, and about how many outcomes it is away."""

    name: str
    sentence: str
    needed: int | None


@dataclass(frozen=True)
class Facts:
    """What is known of a symbol at the present of the clock.

    `age_days` of its champion (None: none), `trained_today` trainings in the last 24 hours, `revised` bars that the
    source changed since the last training, `trained_hours` since then, whether its candidate was deployed or not
    (None: never), `config_changed` the keys that differ from those of the last training, `evidence` a sentence for
    each threshold or test that fires, `watched` those that do not, `cooling_hours` left after what `cooling_after`
    says, `data_fault`: what is wrong with its bars or their source, empty if nothing, `is_expired`: the champion is
    too old to forecast, `market_open`: that its exchange is open and trainings are to wait, empty if not.
    """

    age_days: float | None
    trained_today: int = 0
    revised: int = 0
    trained_hours: float | None = None
    config_changed: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    watched: tuple[Watched, ...] = ()
    cooling_hours: float = 0.0
    data_fault: str = ""
    cooling_after: Literal["a rollback", "a refusal"] = "a rollback"
    is_expired: bool = False
    market_open: str = ""


def due(facts: Facts, rules: Retrain) -> list[str]:
    """The reasons for which a symbol is due, in a fixed order; empty if it is not, or something holds it back."""
    return [] if blockers(facts, rules) else reasons(facts, rules)


def reasons(facts: Facts, rules: Retrain) -> list[str]:
    """What speaks for a training now, whatever holds it back: untrained, or age, evidence, data, configuration.

    Age counts from the last training, since a candidate that was refused or waits is an answer too; a champion that
    has expired is due however often that was the answer.
    """
    if facts.age_days is None:
        return ["untrained"]
    found = []
    if facts.is_expired:
        found.append(f"expired: the champion is {facts.age_days:.1f} days old and does not forecast any more")
    elif _idle_days(facts, facts.age_days) > rules.max_age_days:
        found.append(f"age: {_age(facts, facts.age_days)}, limit {rules.max_age_days:g}")
    found += [f"evidence: {sentence}" for sentence in facts.evidence]
    if facts.revised:
        found.append(f"data revised: the source changed {_counted(facts.revised, 'bar')} since the last training")
    if facts.config_changed:
        found.append(f"config changed: {', '.join(facts.config_changed)} since the last training")
    return found


def blockers(facts: Facts, rules: Retrain) -> list[str]:
    """What forbids a training now, in a fixed order; empty if nothing does.

    A refused candidate leaves the champion as old as it was, so the minimum age counts from the last training too.
    A rollback's cool-down does not keep a symbol waiting that has no champion, or an expired one.
    """
    found = []
    if facts.data_fault:
        found.append(f"data fault: {facts.data_fault}")
    if facts.trained_today >= rules.max_per_day:
        found.append(
            f"daily maximum: {_counted(facts.trained_today, 'training')} in 24 hours, limit {rules.max_per_day}"
        )
    young = _youngest(facts)
    if young is not None and young < rules.min_age_hours:
        found.append(f"minimum age: trained {young:.1f} hours ago, not again before {rules.min_age_hours:g}")
    serves = facts.age_days is not None and not facts.is_expired
    if facts.cooling_hours > 0.0 and (serves or facts.cooling_after == "a refusal"):
        found.append(f"cool-down: {facts.cooling_hours:.1f} hours left after {facts.cooling_after}")
    if facts.market_open:
        found.append(f"market hours: {facts.market_open}")
    return found


def distance(facts: Facts, rules: Retrain) -> list[dict[str, Any]]:
    """What would make the symbol due next and how far away it is, then what holds it back; in the order of `due`.

    Each entry is {"kind": "trigger" or "blocker", "name", "due", "left", "unit", "sentence"}. `left` is 0 for what
    speaks or forbids now, and None where nobody can say; of a blocker it is how long it still holds.
    """
    return [*_triggers(facts, rules), *_brakes(facts, rules)]


def _triggers(facts: Facts, rules: Retrain) -> list[dict[str, Any]]:
    now = [_entry("trigger", *_split(sentence), 0.0) for sentence in reasons(facts, rules)]
    if facts.age_days is None:
        return now
    out = [one for one in now if one["name"] in ("age", "expired")]
    if not out:
        left = rules.max_age_days - _idle_days(facts, facts.age_days)
        told = f"{_age(facts, facts.age_days)}, due after {rules.max_age_days:g}"
        out.append(_entry("trigger", "age", told, left, "days"))
    out += [one for one in now if one["name"] == "evidence"]
    # The nearest first; what never fires at the present rate comes last.
    for one in sorted(facts.watched, key=lambda one: (one.needed is None, one.needed or 0)):
        needed = None if one.needed is None else float(one.needed)
        out.append(_entry("trigger", f"evidence: {one.name}", one.sentence, needed, "outcomes"))
    for name, nothing in (("data revised", "no stored bar was changed"), ("config changed", "nothing was changed")):
        seen = [one for one in now if one["name"] == name]
        out += seen or [_entry("trigger", name, f"{nothing} since the last training", None)]
    return out


def _brakes(facts: Facts, rules: Retrain) -> list[dict[str, Any]]:
    young = _youngest(facts)
    hours = {
        "minimum age": None if young is None else rules.min_age_hours - young,
        "cool-down": facts.cooling_hours,
    }
    return [
        _entry("blocker", name, told, hours.get(name), "hours" if name in hours else None)
        for name, told in map(_split, blockers(facts, rules))
    ]


def _entry(kind: str, name: str, sentence: str, left: float | None, unit: str | None = None) -> dict[str, Any]:
    is_due = kind == "trigger" and left == 0.0
    return {"kind": kind, "name": name, "due": is_due, "left": left, "unit": unit, "sentence": sentence}


def _split(sentence: str) -> tuple[str, str]:
    """(name, what is told of it) of a reason."""
    name, _, told = sentence.partition(": ")
    return name, told or "there is no champion"


def _idle_days(facts: Facts, age_days: float) -> float:
    """Days since the champion was made or a candidate was judged, whichever is less."""
    return age_days if facts.trained_hours is None else min(age_days, facts.trained_hours / 24.0)


def _age(facts: Facts, age_days: float) -> str:
    """How old the champion is, and the last training if that was later."""
    idle = _idle_days(facts, age_days)
    later = f", the last training {idle:.1f}" if age_days - idle > 0.05 else ""
    return f"the champion is {age_days:.1f} days old{later}"


def _youngest(facts: Facts) -> float | None:
    """Hours since the champion was made or anything was trained, whichever is less."""
    known = [facts.trained_hours, None if facts.age_days is None else facts.age_days * 24.0]
    return min((one for one in known if one is not None), default=None)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
