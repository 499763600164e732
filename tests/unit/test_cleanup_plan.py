"""What clean-up decides, over random histories: nothing protected goes, and the budget is met or it is told why not."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from stockml.cleanup import kinds, plan
from stockml.cleanup.plan import Plan
from stockml.cleanup.thing import REST, Rules, Thing

PROTECTED = ("champion", "previous champion", "has forecasts that wait for their outcome", "it is younger than an hour")


def bytes_of(things: Iterable[Thing]) -> int:
    """By the book: each file once, however many names it has."""
    return sum({file: size for one in things for file, size in one.weights}.values())


def history(rng: random.Random) -> tuple[list[Thing], Rules, int]:
    """Random things of every kind, some sharing files; random rules; bytes free on the disk."""
    files = [(number, rng.choice([0, 1, 10, 100, 1000]) * rng.randint(1, 9)) for number in range(60)]
    things = []
    for number in range(rng.randint(0, 60)):
        kind = rng.choice([*kinds.names(), "versions", "versions", "logs"])
        weights = tuple(rng.choices(files, k=rng.randint(0, 4)))
        things.append(Thing(
            kind, f"{kind} {number:03d}", f"/w/{kind}/{number:03d}", weights, rng.uniform(0.0, 60.0),
            symbol=rng.choice("ABC") if kind == "versions" else "",
            protected=rng.choice(PROTECTED) if rng.random() < 0.3 else "",
        ))  # fmt: skip
    for name in ("market.db", "ledger.db"):
        weights = tuple(rng.choices(files, k=rng.randint(0, 3)))
        things.append(Thing(REST, name, f"/w/{name}", weights, 0.0, protected="no clean-up touches it"))
    everything = bytes_of(things)
    reserve, free = rng.choice([(0, 0), (rng.randint(0, 9000), rng.randint(0, 5000))])
    budget = rng.choice([everything, everything, everything // 2, rng.randint(0, everything + 1), 0])
    rules = Rules(rng.randint(1, 5), rng.choice([1, 30]), rng.choice([0, 500, 10**9]), rng.choice([0.0, 7.0]), budget,
                  reserve)  # fmt: skip
    return things, rules, free


def assert_sound(things: list[Thing], rules: Rules, free: int, made: Plan) -> None:
    gone = [one.thing for one in made.removals]
    assert not [one for one in gone if one.protected or one.kind == REST], "nothing protected goes"
    assert len({one.name for one in gone}) == len(gone) and all(one.why for one in made.removals)
    for_good = {one.thing.name for one in made.removals if one.for_good}
    left = [one for one in things if one.name not in for_good]
    assert made.before == bytes_of(things) and made.after == bytes_of(left), "each file counts once"
    assert made.after == made.before - sum(one.freed for one in made.removals)
    over = made.after > rules.budget
    short = free + made.before - made.after < rules.reserve
    assert bool(made.why_not) == (over or short), "the budget is met, or it is told why not"
    if over:
        stuck = bytes_of(one for one in things if one.protected)
        assert stuck > rules.budget, "what could go would have been enough, and was not given up"
        worthless = all(kinds.load(one.thing.kind).WORTHLESS or is_due(one) for one in made.removals)
        assert worthless, "nothing of value goes for a budget that is not reached"


def is_due(one: plan.Removal) -> bool:
    """Whether the policy gives it up; the budget's own sentences end in what their kind says."""
    return not one.why.endswith(kinds.load(one.thing.kind).GIVEN_UP)


def test_over_a_thousand_random_histories_nothing_protected_goes_and_the_budget_is_met_or_told_why_not() -> None:
    seen = {"met": 0, "given up": 0, "not met": 0, "low disk": 0}
    for seed in range(1500):
        things, rules, free = history(random.Random(seed))
        made = plan.decide(things, rules, free)
        assert_sound(things, rules, free, made)
        assert plan.decide(things, rules, free) == made, "the same facts give the same plan"
        seen["not met" if made.why_not else "met"] += 1
        seen["given up"] += any(kinds.load(one.thing.kind).GIVEN_UP in one.why for one in made.removals)
        seen["low disk"] += any("the disk has" in one.why for one in made.removals)
    assert min(seen.values()) > 50, f"the histories show every case: {seen}"


def test_what_is_given_up_for_the_budget_is_the_least_valuable_and_no_more_than_it_takes() -> None:
    for seed in range(400):
        things, rules, free = history(random.Random(seed))
        made = plan.decide(things, rules, free)
        pressed = [one for one in made.removals if kinds.load(one.thing.kind).GIVEN_UP in one.why]
        order = [(kinds.load(one.thing.kind).VALUE, -one.thing.age_days) for one in pressed]
        assert order == sorted(order), "the least valuable kind first, of a kind the oldest"
        gone = {one.thing.name for one in made.removals if one.for_good}
        for one in pressed:
            if not kinds.load(one.thing.kind).WORTHLESS and not made.why_not:
                without = bytes_of(other for other in things if other.name not in gone or other is one.thing)
                assert without > rules.budget, "it takes each of them"


def logs(*sizes_and_ages: tuple[int, float]) -> list[Thing]:
    return [
        Thing("logs", f"log {place}", f"/w/{place}", ((place, size),), age)
        for place, (size, age) in enumerate(sizes_and_ages)
    ]


RULES = Rules(keep_versions=2, log_days=30, log_bytes=100, trash_days=7.0, budget=10**9, reserve=0)


def test_logs_go_by_age_and_then_by_size_the_oldest_first() -> None:
    made = plan.decide(logs((10, 31.0), (60, 20.0), (60, 10.0), (30, 1.0)), RULES, 0)
    assert {one.thing.name for one in made.removals} == {"log 0", "log 1"}
    assert not any(one.for_good for one in made.removals) and made.after == made.before == 160


def versions(symbol: str, *names: str, protected: str = "", shared: int = 7) -> list[Thing]:
    return [
        Thing("versions", f"{symbol} {name}", f"/w/{symbol}/{name}", ((shared, 1000), (hash((symbol, name)), 10)), 30.0,
              symbol, protected=protected)
        for name in names
    ]  # fmt: skip


def test_the_newest_versions_stay_besides_those_in_use_symbol_by_symbol() -> None:
    things = [*versions("A", "1", "3", "5", "7"), *versions("A", "2", protected="champion"), *versions("B", "1")]
    made = plan.decide(things, RULES, 0)
    assert sorted(one.thing.name for one in made.removals) == ["A 1", "A 3"]
    assert made.removals[0].why == "superseded: 2 newer ones of its symbol are kept besides those in use"


def test_removing_one_of_two_names_of_a_file_is_known_to_free_nothing_of_it() -> None:
    things = [*versions("A", "1", "2", "3"), *versions("B", "1", protected="champion")]
    made = plan.decide(things, Rules(2, 30, 100, 7.0, 1020, 0), 0)
    assert [(one.thing.name, one.freed) for one in made.removals] == [("A 1", 10), ("A 2", 10)]
    assert made.after == 1020 and not made.why_not
    made = plan.decide(things, Rules(2, 30, 100, 7.0, 900, 0), 0)
    assert made.why_not[0].startswith("the workspace still holds 1.0 kB")
    assert [one.thing.name for one in made.removals] == ["A 1"], "nothing of value goes for what cannot be reached"


def test_the_trash_is_emptied_before_anything_else_is_given_up() -> None:
    trash = [Thing("trash", f"t/{n}", f"/w/t/{n}", ((100 + n, 100),), 1.0 + n) for n in range(3)]
    cache = [Thing("caches", "c", "/w/c", ((200, 100),), 1.0)]
    made = plan.decide([*trash, *cache, *versions("A", "1")], Rules(2, 30, 100, 7.0, 1210, 0), 0)
    assert [one.thing.name for one in made.removals] == ["t/2", "t/1"], "the oldest first, and no more than it takes"
    assert made.removals[0].why.startswith("the workspace holds 1.4 kB, its budget is 1.2 kB: what is in the trash")


def test_what_the_policy_removes_goes_for_good_where_the_budget_leaves_no_room_in_the_trash() -> None:
    made = plan.decide(logs((500, 40.0), (500, 1.0)), Rules(2, 30, 10**6, 7.0, 600, 0), 0)
    (only,) = made.removals
    assert only.for_good and only.freed == 500
    assert only.why.startswith("older than the 30 days that logs are kept; for good: the workspace holds 1.0 kB")


def test_a_low_disk_takes_trash_and_caches_but_nothing_of_value() -> None:
    things = [*versions("A", "1"), Thing("caches", "c", "/w/c", ((200, 100),), 1.0)]
    made = plan.decide(things, Rules(2, 30, 100, 7.0, 10**9, 300), 50)
    assert [one.thing.name for one in made.removals] == ["c"]
    assert made.why_not[0] == "the disk still has only 150 bytes free, 300 bytes shall stay free"


@pytest.mark.parametrize("kind", kinds.names())
def test_every_kind_keeps_the_contract_of_kinds(kind: str) -> None:
    one = kinds.load(kind)
    assert isinstance(one.VALUE, int) and isinstance(one.UNDOABLE, bool) and isinstance(one.WORTHLESS, bool)
    assert one.WORDS and one.GIVEN_UP and not (one.WORTHLESS and one.UNDOABLE)
    assert all(callable(getattr(one, name)) for name in ("found", "due", "still", "remove"))
    assert one.due([], RULES) == {}
