"""What a replay comes to, in sentences: whether the policies differ, how they stand to naive, what they did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stockml.view.plain import ahead, words

Result = Mapping[str, Any]
KINDS = {"interval": "90 % interval", "direction": "direction model", "shown": "published probability"}
TOLD = 4  # differences that are told one by one


def sentences(result: Result) -> list[str]:
    """The comparison first."""
    policies = result["policies"]
    beside = [_beside_naive(policies, horizon) for horizon in horizons(policies)]
    return [comparison(result), *beside, _work(policies)]


def horizons(policies: Mapping[str, Any]) -> list[str]:
    """The horizons that any policy has settled forecasts of, the shortest first."""
    return sorted({horizon for one in policies.values() for horizon in one["horizons"]}, key=int)


def comparison(result: Result) -> str:
    """Whether the policies differ, which may be that nobody can tell."""
    found = list(_found(result))
    if not found:
        alone = len(result["policies"]) == 1
        return "One policy alone: nothing to compare" if alone else "Cannot tell whether the policies differ: n = 0"
    verdicts = Counter(verdict for verdict, _ in found)
    same, unknown = verdicts["no_edge"], verdicts["cannot_tell"]
    rest = f"of {len(found)} comparisons {same} surely show no edge, {unknown} cannot be told"
    told = [sentence for verdict, sentence in found if verdict in ("better", "worse")]
    if told:
        more = f"; and {len(told) - TOLD} more" if len(told) > TOLD else ""
        return f"The policies differ: {'; '.join(told[:TOLD])}{more}; {rest}"
    if not unknown:
        return f"It makes no difference which policy runs: each of {len(found)} comparisons shows no edge"
    return f"Cannot tell whether the policies differ: {rest}, none shows a difference"


def _found(result: Result) -> Iterator[tuple[str, str]]:
    """Of each comparison its verdict, and the sentence that tells a difference."""
    for one in result["comparisons"]:
        for horizon, found in one["horizons"].items():
            for kind, name in KINDS.items():
                verdict = found[kind]["verdict"]
                first, second = one["first"], one["second"]
                better, other = (first, second) if verdict == "better" else (second, first)
                yield verdict, f"{better} is better than {other} ({name}, {ahead(horizon)})"


def _beside_naive(policies: Mapping[str, Any], horizon: str) -> str:
    blocks = {name: one["horizons"][horizon] for name, one in policies.items() if horizon in one["horizons"]}
    parts: tuple[tuple[str, Callable[[Mapping[str, Any]], str]], ...] = (
        ("direction", lambda block: block["direction"]["verdict"]),
        ("90 % interval", lambda block: block["interval"]["90"]["verdict"]),
        ("price", lambda block: block["price"]["verdict"]),
    )
    told = [
        f"{name}: {_grouped({policy: verdict(block) for policy, block in blocks.items()})}" for name, verdict in parts
    ]
    return f"Beside naive, {ahead(horizon)}: {'; '.join(told)}"


def _grouped(verdicts: Mapping[str, str]) -> str:
    """A verdict once with the policies it is of; without them where it is of all."""
    groups: dict[str, list[str]] = {}
    for policy, verdict in verdicts.items():
        groups.setdefault(words(verdict), []).append(policy)
    if len(groups) == 1:
        return next(iter(groups))
    return ", ".join(f"{verdict} ({', '.join(names)})" for verdict, names in groups.items())


def _work(policies: Mapping[str, Any]) -> str:
    trained = ", ".join(f"{name} {one['trainings']}" for name, one in policies.items())
    alarms = {key: sum(one["alarms"][key] for one in policies.values()) for key in ("fired", "false", "true")}
    fired = (
        f"evidence fired {alarms['fired']} times, by hindsight {alarms['false']} falsely and {alarms['true']} rightly"
        if alarms["fired"] else "no evidence fired"
    )  # fmt: skip
    return f"Trainings: {trained}; {fired}"
