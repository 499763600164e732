"""Tuning as people see it: how far the search is, the candidates of the last rung, what was accepted and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, number, signed_percent
from stockml.view.tables import table as empty

if TYPE_CHECKING:
    from rich.console import Console


def report(result: dict[str, Any], configured_recipe: str) -> Callable[[Console], None]:
    """The table of the last rung, the decision in words, and how to put accepted options into force."""

    def show(console: Console) -> None:
        made = empty(console.width, ("candidate",), ("score, %", "t"), f"Tuning of {result['recipe']}")
        made.add_column("what differs")
        for place, one in enumerate(result["candidates"]):
            name = "configured" if one["configured"] else f"candidate {place}"
            made.add_row(name, signed_percent(one["score"]), number(one["t"], 2), _told(one["options"]))
        if result["candidates"]:
            console.print(made)
            console.print(_legend(result), soft_wrap=True)
        if result["limit_reached"]:
            console.print("The time limit was reached: not all candidates were tried, nor all went as far.")
        console.print(f"{'Accepted' if result['accepted'] else 'Kept'}: {result['reason']}.", soft_wrap=True)
        if result["accepted"]:
            console.print(_next_step(result, configured_recipe), soft_wrap=True, highlight=False)
        console.print(f"{result['tried']} of {result['trials']} candidates tried in {result['seconds']:.1f} s")

    return show


def _told(options: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in options.items()) or NONE


def _legend(result: dict[str, Any]) -> str:
    pbo = "" if result["pbo"] is None else f" Probability that the choice is overfitted (PBO): {result['pbo']:.2f}."
    return (
        f"Score: log loss saved over the base rate, on {result['sessions']} sessions up to {result['through']}; "
        f"t: against the configured options.{pbo}"
    )


def _next_step(result: dict[str, Any], configured_recipe: str) -> str:
    if result["saved"]:
        return "model.options is set in the configuration."
    words = [f"stockml config set model.options '{json.dumps(result['options'], sort_keys=True)}'"]
    if result["recipe"] != configured_recipe:
        words = ["stockml config set model.options '{}'", f"stockml config set model.recipe {result['recipe']}", *words]
    return f"To train with it: {'; '.join(words)}"
