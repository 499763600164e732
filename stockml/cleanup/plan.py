"""Decides what goes, in which order and why: first what the policy says, then what the budget asks for.

Least valuable first. What is protected stays whatever the budget. Nothing of value is given up for a budget that
cannot be reached anyway: then only trash, caches and what the policy gives up go, and the plan says what stands
in the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from stockml.cleanup import kinds
from stockml.cleanup.tally import Tally
from stockml.cleanup.thing import REST, Rules, Thing
from stockml.space import told

NOT_ENOUGH = "to give it up would not be enough"


@dataclass(frozen=True)
class Removal:
    """A thing that goes and why; `freed` bytes less after those before it. Without `for_good` it goes to the trash."""

    thing: Thing
    why: str
    freed: int
    for_good: bool


@dataclass(frozen=True)
class Plan:
    """What goes, the least valuable first; bytes before, allowed and after; and why not, where it is not enough."""

    removals: tuple[Removal, ...]
    before: int
    budget: int
    after: int
    why_not: tuple[str, ...]


def decide(things: Sequence[Thing], rules: Rules, free: int) -> Plan:
    """The plan for everything in a workspace (what no clean-up touches included), with so many bytes free on its disk.

    Pure: the same things, rules and bytes give the same plan.
    """
    due = _due(things, rules)
    tally = Tally(things)
    before = tally.used
    free_to_go = [one for one in things if not one.protected and one.kind != REST]
    at_once = [one for one in free_to_go if one.name in due and not kinds.load(one.kind).UNDOABLE]
    for one in at_once:
        tally.drop(one)
    goal = _Goal(rules, free, before)
    by_policy = [one for one in free_to_go if one.name in due and kinds.load(one.kind).UNDOABLE]
    others = sorted((one for one in free_to_go if one.name not in due), key=_value)
    cheap = [one for one in others if kinds.load(one.kind).WORTHLESS] + sorted(by_policy, key=_value)
    dear = [one for one in others if not kinds.load(one.kind).WORTHLESS]
    given_up = _under_pressure(tally, cheap, dear, goal)
    pressed = {one.name: goal.sentence for one in given_up}
    going = [*at_once, *given_up, *(one for one in by_policy if one.name not in pressed)]
    removals = _removals(things, going, due, pressed)
    return Plan(removals, before, rules.budget, *outcome(things, removals, rules, free))


def outcome(
    things: Sequence[Thing], removals: Sequence[Removal], rules: Rules, free: int
) -> tuple[int, tuple[str, ...]]:
    """(bytes left without what is removed for good, why that is not enough in sentences; none if it is)."""
    tally = Tally(things)
    goal = _Goal(rules, free, tally.used)
    for one in removals:
        if one.for_good:
            tally.drop(one.thing)
    return tally.used, _why_not(things, {one.thing.name for one in removals if one.for_good}, goal, tally.used)


@dataclass(frozen=True)
class _Goal:
    """How many bytes are too many, by the budget and by what has to stay free on the disk."""

    rules: Rules
    free: int
    before: int

    def over(self, used: int) -> int:
        return max(0, used - self.rules.budget)

    def short(self, used: int) -> int:
        return max(0, self.rules.reserve - self.free - (self.before - used))

    def missing(self, used: int) -> int:
        return max(self.over(used), self.short(used))

    @property
    def sentence(self) -> str:
        """What asks for bytes."""
        if self.over(self.before):
            return f"the workspace holds {told(self.before)}, its budget is {told(self.rules.budget)}"
        return f"the disk has {told(self.free)} free, {told(self.rules.reserve)} shall stay free"


def _due(things: Iterable[Thing], rules: Rules) -> dict[str, str]:
    """Name -> why, of what the policy gives up. What is protected is never among it."""
    by_kind: dict[str, list[Thing]] = {}
    for one in things:
        by_kind.setdefault(one.kind, []).append(one)
    found = {one.name: one.due for one in things if one.due}
    for kind in by_kind.keys() - {REST}:
        found |= kinds.load(kind).due(by_kind[kind], rules)
    return {one.name: found[one.name] for one in things if one.name in found and not one.protected}


def _value(thing: Thing) -> tuple[int, float, str]:
    """The order in which things are given up: the least valuable kind first, of a kind the oldest."""
    return kinds.load(thing.kind).VALUE, -thing.age_days, thing.name


def _under_pressure(tally: Tally, cheap: list[Thing], dear: list[Thing], goal: _Goal) -> list[Thing]:
    """What is given up for the budget and for the room on the disk; of value only what the budget is reached by."""
    taken: list[Thing] = []
    enough = not goal.over(tally.used - _worth(tally, cheap))
    if not enough and not goal.over(tally.used - _worth(tally, [*cheap, *dear])):
        taken = _give_up(tally, [*cheap, *dear], goal.over)
    names = {one.name for one in taken}
    return taken + _give_up(tally, [one for one in cheap if one.name not in names], goal.missing)


def _worth(tally: Tally, things: Sequence[Thing]) -> int:
    """The bytes that would be free without some things; the tally is then as before."""
    freed = sum(tally.drop(one) for one in things)
    for one in things:
        tally.keep(one)
    return freed


def _give_up(tally: Tally, things: Sequence[Thing], missing: Callable[[int], int]) -> list[Thing]:
    """As many of the things, from the first on, as it takes until nothing is missing; then those that help nothing
    are taken back, the last first: a file that has another name is not free without this one.
    """
    taken = []
    for one in things:
        if not missing(tally.used):
            break
        tally.drop(one)
        taken.append(one)
    return _taken_back(tally, taken, missing)


def _taken_back(tally: Tally, things: list[Thing], missing: Callable[[int], int]) -> list[Thing]:
    stays = set()
    for one in reversed(things):
        was_enough = not missing(tally.used)
        if tally.keep(one) == 0 or (was_enough and not missing(tally.used)):
            stays.add(one.name)
        else:
            tally.drop(one)
    return [one for one in things if one.name not in stays]


def _removals(
    things: Iterable[Thing], going: Iterable[Thing], due: dict[str, str], pressed: dict[str, str]
) -> tuple[Removal, ...]:
    """What goes in its order, with what each frees after those before it; a move to the trash frees nothing."""
    tally = Tally(things)
    made = []
    for one in going:
        kind = kinds.load(one.kind)
        why = due.get(one.name, "")
        if one.name in pressed:
            why = f"{why}; for good: {pressed[one.name]}" if why else f"{pressed[one.name]}: {kind.GIVEN_UP}"
        for_good = one.name in pressed or not kind.UNDOABLE
        made.append(Removal(one, why, tally.drop(one) if for_good else 0, for_good))
    return tuple(made)


def _why_not(things: Sequence[Thing], gone: set[str], goal: _Goal, after: int) -> tuple[str, ...]:
    """What stands in the way of the budget and of the room on the disk, in sentences; none if nothing does."""
    told_of = []
    if goal.over(after):
        told_of.append(f"the workspace still holds {told(after)}, {told(goal.over(after))} more than its budget")
    if goal.short(after):
        left = goal.free + goal.before - after
        told_of.append(f"the disk still has only {told(left)} free, {told(goal.rules.reserve)} shall stay free")
    if not told_of:
        return ()
    stays = (f"{one.words}: {told(one.bytes)}, {one.why or NOT_ENOUGH}" for one in groups(things, gone))
    return "; ".join(told_of), *stays


@dataclass(frozen=True)
class Group:
    """Things of a kind that stay for the same reason: what they are, how many, the bytes they take together, why.

    Without a reason nothing protects them; they are within what the policy keeps.
    """

    kind: str
    words: str
    count: int
    bytes: int
    why: str


def groups(things: Iterable[Thing], gone: set[str]) -> list[Group]:
    """What stays, by kind and reason, the largest first."""
    by_reason: dict[tuple[str, str], list[Thing]] = {}
    for one in things:
        if one.name not in gone:
            words = one.name if one.kind == REST else kinds.load(one.kind).WORDS
            by_reason.setdefault((words, one.protected), []).append(one)
    found = [
        Group(
            some[0].kind, words if some[0].kind == REST else f"{len(some)} {words}", len(some), Tally(some).used,
            why,
        )
        for (words, why), some in by_reason.items()
    ]  # fmt: skip
    return sorted(found, key=lambda one: -one.bytes)
