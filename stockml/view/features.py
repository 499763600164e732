"""The catalogue of features as people see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE

if TYPE_CHECKING:
    from rich.console import Console

CAUSAL = {True: "yes", False: "NO", None: NONE}


def table(features: list[dict[str, Any]], checked_on: str | None) -> Callable[[Console], None]:
    """One row per feature, a rule between families, the true count below, and what the check was made on."""

    def show(console: Console) -> None:
        from rich.text import Text

        from stockml.view import tables

        made = tables.table(console.width, ("feature", "family"), ("look-back", "causal"), title="Features")
        made.add_column("meaning")
        family = features[0]["family"] if features else ""
        for one in features:
            if one["family"] != family:
                made.add_section()
                family = one["family"]
            figures = str(one["look_back"]), CAUSAL[one["causal"]]
            made.add_row(Text(one["name"]), one["family"], *figures, Text(one["meaning"]))
        console.print(made)
        found = list(dict.fromkeys(one["family"] for one in features))
        causal = sum(one["causal"] is True for one in features)
        proved = f"; {causal} proved causal on {checked_on}" if checked_on else "; not checked"
        console.print(f"{len(features)} features in {len(found)} families{proved}")
        console.print(
            "look-back: bars before the first value. causal: cutting the future changes no value, bit for bit, and a "
            "later first bar changes none after 400 bars.",
            markup=False, style="dim",
        )  # fmt: skip

    return show
