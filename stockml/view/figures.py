"""The figures of one block one by one: n, value, 95 % interval, naive figure, t and verdict of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, decimals, estimate, number, words
from stockml.view.tables import table

if TYPE_CHECKING:
    from rich.table import Table

COLUMNS = ("n", "value", "95 %", "naive", "t", "verdict")
NO_TEST: dict[str, Any] = {"t": None}


def figures(width: int, block: dict[str, Any], title: str) -> Table:
    """A table of all figures of a block, a row each."""
    made = table(width, ("",), COLUMNS, title)
    _direction(made, block["direction"])
    _classes(made, block["classes"])
    price = block["price"]
    _row(made, "price skill %", price["n"], _ends(price, "skill"), 0.0, price["dm"], price["verdict"], percent=True)
    for name, interval in block["interval"].items():
        _interval(made, name, interval)
    _calibration(made, block["confidence"])
    return made


def fraction(value: float | None, low: float | None, high: float | None, most: int) -> str:
    """A figure between 0 and 1 with its interval and no leading zeros, `most` decimals at most."""
    return estimate(value, low, high, most=most).replace("0.", ".")


def _direction(made: Table, one: dict[str, Any]) -> None:
    n = one["n"]
    hits = (one["accuracy"], one["low"], one["high"])
    _row(made, "direction right %", n, hits, one["naive"], one["accuracy_dm"], one["accuracy_verdict"], percent=True)
    _row(made, "AUC", n, _ends(one, "auc"), 0.5, one["auc_test"], one["auc_verdict"])
    _row(made, "Brier skill %", n, _ends(one, "brier_skill"), 0.0, one["dm"], one["verdict"], percent=True)
    for name, key in (("IC, sessions", "ic"), ("rank IC, sessions", "rank_ic")):
        mean = one[key]
        ends = (mean["mean"], mean["low"], mean["high"])
        _row(made, name, mean["dates"], ends, None if mean["mean"] is None else 0.0, mean, mean["verdict"])


def _classes(made: Table, one: dict[str, Any]) -> None:
    n = one["n"]
    hits = (one["accuracy"], one["low"], one["high"])
    _row(made, "classes right %", n, hits, one["naive"], one["accuracy_dm"], one["accuracy_verdict"], percent=True)
    _row(made, "RPSS, frequencies %", n, _ends(one, "rpss"), 0.0, one["dm"], one["verdict"], percent=True)
    against = (one["volatility_dm"], one["volatility_verdict"])
    _row(made, "RPSS, volatility %", n, _ends(one, "rpss_volatility"), 0.0, *against, percent=True)


def _interval(made: Table, name: str, one: dict[str, Any]) -> None:
    covered = (one["coverage"], one["low"], one["high"])
    word, nominal = one["coverage_verdict"], one["nominal"]
    _row(made, f"{name} %: coverage %", one["n"], covered, nominal, NO_TEST, word, percent=True)
    n, test, verdict = one["winkler_n"], one["dm"], one["verdict"]
    ratio = (one["winkler_ratio"], one["winkler_low"], one["winkler_high"])
    _row(made, f"{name} %: Winkler ratio", n, ratio, 1.0, test, verdict)
    losses = [NONE if one[key] is None else f"{100 * one[key]:.3f}" for key in ("pinball", "naive_pinball")]
    made.add_row(f"{name} %: pinball %", str(n), losses[0], NONE, losses[1], number(test["t"], 1), words(verdict))


def _calibration(made: Table, one: dict[str, Any]) -> None:
    shown = [NONE if one[key] is None else f"{100 * one[key]:.1f}" for key in ("ece", "ece_noise_high", "ece_noise")]
    luck = NONE if shown[1] == NONE else f"luck to {shown[1]}"
    made.add_row("calibration error %", str(one["n"]), shown[0], luck, shown[2], NONE, words(one["verdict"]))


def _ends(one: dict[str, Any], name: str) -> tuple[float | None, float | None, float | None]:
    return one[name], one[f"{name}_low"], one[f"{name}_high"]


def _row(
    made: Table, name: str, n: int, ends: tuple[float | None, float | None, float | None], naive: float | None,
    test: dict[str, Any], verdict: str, *, percent: bool = False,
) -> None:  # fmt: skip
    value, low, high = (None if one is None else one * (100 if percent else 1) for one in ends)
    places = decimals(low, high, 1 if percent else 2)
    # Rounded first, so that a small negative figure does not read -0.0.
    value, low, high = (None if one is None else round(one, places) + 0.0 for one in (value, low, high))
    between = NONE if low is None or high is None else f"[{number(low, places)}, {number(high, places)}]"
    beside = None if naive is None or value is None else naive * (100 if percent else 1)
    whole = beside is not None and beside == round(beside)
    made.add_row(
        name,
        str(n),
        number(value, places),
        between,
        number(beside, 0 if whole else max(places, 1)),
        number(test["t"], 1),
        words(verdict),
    )
