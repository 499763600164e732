"""The record computed anew from an export's lines and nothing else: no stockml, no database, no prices."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from typing import Any

SEALED = (
    "id", "symbol", "bar_interval", "horizon", "made_at", "session", "target_session", "last_close", "price",
    "probability_up", "class", "class_probabilities", "lo80", "hi80", "lo90", "hi90", "confidence", "regime", "version",
)  # fmt: skip


def record(lines: list[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """symbol -> horizon -> n, hits, accuracy, mape, naive_mape, coverage of both intervals; by the contract's words."""
    rows = [json.loads(line) for line in lines]
    assert max(Counter(one["id"] for one in rows).values(), default=1) == 1, "one line a forecast"
    found: dict[str, dict[str, dict[str, Any]]] = {}
    first: dict[tuple[str, int, str], dict[str, Any]] = {}
    for one in sorted(rows, key=lambda one: one["made_at"]):
        if one["status"] == "settled":
            first.setdefault((one["symbol"], one["horizon"], one["session"]), one)
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for (symbol, horizon, _), one in first.items():
        groups.setdefault((symbol, horizon), []).append(one)
    for (symbol, horizon), own in groups.items():
        found.setdefault(symbol, {})[str(horizon)] = _figures(own)
    return found


def _figures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    n = len(rows)
    hits = sum((one["probability_up"] > 0.5) == (one["total_return"] > 0) for one in rows)
    errors = [abs(one["price"] - one["settled_close"]) / one["settled_close"] for one in rows]
    naive = [abs(one["last_close"] - one["settled_close"]) / one["settled_close"] for one in rows]
    inside = {name: sum(_inside(one, name) for one in rows) for name in ("80", "90")}
    return {
        "n": n, "hits": hits, "accuracy": hits / n, "mape": math.fsum(errors) / n, "naive_mape": math.fsum(naive) / n,
        **{name: count / n for name, count in inside.items()},
    }  # fmt: skip


def _inside(one: dict[str, Any], name: str) -> bool:
    low, high = (math.log(one[side + name] / one["last_close"]) for side in ("lo", "hi"))
    return low <= one["total_return"] <= high


def chain_holds(lines: list[str]) -> bool:
    """Whether each line's hash seals its fields and the line before."""
    last = "0" * 64
    for line in lines:
        one = json.loads(line)
        sealed = {name: one[name] for name in SEALED}
        text = json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if one["prev_hash"] != last or hashlib.sha256((last + text).encode()).hexdigest() != one["hash"]:
            return False
        last = one["hash"]
    return True
