"""One row of `status`: a symbol's champion, its figures, how it stands and what comes next."""

from __future__ import annotations

from typing import Any

from stockml.clock import from_day
from stockml.pipeline.recent import Recent
from stockml.pipeline.standing import Standing

NOMINAL = 0.90


def row_of(
    symbol: str, champion: dict[str, Any], stands: Standing, due: list[str], age_days: float | None,
    last: int | None, recent: Recent, max_age_days: float, next_check: str | None,
) -> dict[str, Any]:  # fmt: skip
    """The row of a symbol. `champion` is {"pointers", "summary"} or empty, `last` the day of its newest bar.

    Once enough forecasts of the champion are settled, its live figures stand in place of the held-out ones.
    """
    pointing, summary = champion.get("pointers") or {}, champion.get("summary") or {}
    row = {
        "symbol": symbol,
        "state": stands.state,
        "why": stands.sentence or None,
        "since": stands.since,
        "champion": pointing.get("champion"),
        "previous": pointing.get("previous"),
        "trained_at": summary.get("made_at"),
        "age_days": age_days,
        "data_through": from_day(last).isoformat() if last is not None else None,
        "due": due,
        "due_in_days": None if age_days is None else max(0.0, max_age_days - age_days),
        "next_check": next_check,
        "verdict": summary.get("verdict"),
        "recipe": summary.get("recipe"),
        "quick": summary.get("quick"),
        "trend": recent.trend,
        **_figures(summary),
    }
    return row if recent.live is None or not row["direction"] else _with_live(row, recent.live)


def _figures(summary: dict[str, Any]) -> dict[str, Any]:
    """The champion's held-out figures at the shortest horizon, as the contract names them."""
    if not summary:
        return {"direction": None, "price": None, "interval": None, "confidence": None}
    wide = summary["interval"]
    verdict = coverage_verdict(wide["low"], wide["high"])
    direction = {**summary["direction"], "verdict": summary["pooled_direction_verdict"], "basis": "validation"}
    return {
        "direction": direction,
        "price": summary["price"],
        "interval": {"nominal": NOMINAL, **wide, "verdict": verdict},
        "confidence": summary["confidence"],
    }


def _with_live(row: dict[str, Any], live: dict[str, Any]) -> dict[str, Any]:
    direction, wide = live["direction"], live["interval"]["90"]
    return {
        **row,
        "direction": {**row["direction"], **direction, "basis": "live"},
        "price": {**row["price"], **live["price"]},
        "interval": {
            **row["interval"], **{key: wide[key] for key in ("n", "coverage", "low", "high")}, "winkler_ratio": None,
            "verdict": coverage_verdict(wide["low"], wide["high"]),
        },
    }  # fmt: skip


def coverage_verdict(low: float | None, high: float | None) -> str:
    """Whether the interval of a coverage leaves room for the nominal 90 %."""
    if low is None or high is None:
        return "cannot_tell"
    return "no_edge" if low <= NOMINAL <= high else "worse"
