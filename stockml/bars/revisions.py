"""Joins an answer with what is stored: what is new, what the source changed since, and how serious that is."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from stockml.bars.series import COLUMNS, PRICES, Bars
from stockml.bars.store import VALUES, Kept

REVISED = 1e-6  # relative change of a stored value below which two numbers are one, written differently
# Dividends derived from adjusted closes move a little when the whole column is re-scaled: the files have six
# decimals, and old adjusted closes may be as small as a few cents.
DIVIDEND_ROUNDING = 1e-4  # of the close
UNIFORM = 1e-4  # how far the four prices of a re-scaled bar may differ in their factor
SMALLEST_SPLIT = 1.2
FEWEST = 3  # bars that have to share a factor before it is a re-scaling


class Merged(NamedTuple):
    """What the store should hold, and how that differs from what it held.

    `kept.source` is 0 where the bar is the answer's. `replaced` are rows for the table `revisions`;
    `kinds` counts them by kind: revised, noise, adjusted. `added` counts bars of new days.
    """

    kept: Kept
    added: int
    replaced: list[tuple[Any, ...]]
    kinds: dict[str, int]


def merge(new: Bars, old: Kept | None, now: int, limit: float, own: int) -> Merged:
    """Join judged bars with the stored ones. Nothing stored is lost: a value that changes is kept as replaced.

    `now` is in epoch seconds, `limit` the relative change from which a revision is no noise, `own` the number
    of the answer's source. A day the answer does not have keeps its bar. A day between stored ones that had
    no bar is known from now on; a day before or after them is a first import. An answer of another source
    that differs by noise only changes nothing: no two sources agree to the last digit.
    """
    if old is None or not len(old.bars):
        nothing = np.zeros(len(new), np.int64)
        return Merged(Kept(new, nothing, nothing.astype(np.uint8)), len(new), [], {})
    _, here, there = np.intersect1d(new.session, old.bars.session, assume_unique=True, return_indices=True)
    kind = _kinds(new, here, old.bars, there, limit)
    if not np.isin(kind, ("revised", "adjusted")).any():
        kind[old.source[there] != own] = ""
    here, there, kind = here[kind != ""], there[kind != ""], kind[kind != ""]
    fresh = ~np.isin(new.session, old.bars.session)
    late = fresh & (new.session > old.bars.session[0]) & (new.session < old.bars.session[-1])
    keep = np.ones(len(old.bars), dtype=bool)
    keep[there] = False
    take = fresh.copy()
    take[here] = True
    known_new = np.where(late, now, 0)
    known_new[here] = np.maximum(now, old.known_at[there])
    replaced = _rows(old, there, known_new[here], kind)
    columns = {name: np.concatenate([getattr(old.bars, name)[keep], getattr(new, name)[take]]) for name in COLUMNS}
    order = np.argsort(columns["session"], kind="stable")
    bars = Bars(new.symbol, *(columns[name][order] for name in COLUMNS))
    known = np.concatenate([old.known_at[keep], known_new[take]]).astype(np.int64)[order]
    source = np.concatenate([old.source[keep], np.zeros(int(take.sum()), np.uint8)]).astype(np.uint8)[order]
    counts = {str(name): int(np.count_nonzero(kind == name)) for name in np.unique(kind)}
    return Merged(Kept(bars, known, source), int(fresh.sum()), replaced, counts)


def _rows(old: Kept, places: Any, replaced_at: Any, kinds: Any) -> list[tuple[Any, ...]]:
    """Stored bars as rows of the table `revisions`, from `session` on."""
    columns = [getattr(old.bars, name)[places].tolist() for name in ("session", *VALUES)]
    columns += [old.source[places].tolist(), old.known_at[places].tolist(), replaced_at.tolist(), kinds.tolist()]
    return list(zip(*columns, strict=True))


def _kinds(new: Bars, here: Any, old: Bars, there: Any, limit: float) -> Any:
    """For each common day "", "noise", "revised" or "adjusted", as an array of text.

    The size of a change is the largest relative change of a price or split, or the change of the dividend
    in closes. Volume alone is noise: sources correct it for days.
    """
    size, changed = np.zeros(len(here)), np.zeros(len(here), dtype=bool)
    for name in VALUES:
        now, then = getattr(new, name)[here], getattr(old, name)[there]
        if name == "dividend":
            moved = np.abs(now - then) / old.close[there]
            moved[moved <= DIVIDEND_ROUNDING] = 0.0
        else:
            moved = np.abs(now - then) / np.maximum(np.maximum(np.abs(now), np.abs(then)), 1e-300)
        changed |= moved > REVISED
        if name != "volume":
            size = np.maximum(size, moved)
    kind = np.where(changed, np.where(size > limit, "revised", "noise"), "").astype("<U8")
    kind[changed & _rescaled(new, here, old, there, changed)] = "adjusted"
    return kind


def _rescaled(new: Bars, here: Any, old: Bars, there: Any, changed: Any) -> Any:
    """Which changed bars are the stored ones on another scale, because of a split or dividend since.

    That is so where every bar up to some day has all four prices multiplied by one factor: that of a split,
    or a little below 1 in a history that tells no dividends and so can only have been adjusted for them.
    """
    none = np.zeros(len(here), dtype=bool)
    count = int(changed.sum())
    if count < FEWEST or not changed[:count].all():
        return none
    factors = np.vstack([getattr(new, name)[here] / getattr(old, name)[there] for name in PRICES])[:, :count]
    factor = float(np.median(factors))
    if np.abs(factors / factor - 1.0).max() > UNIFORM:
        return none
    silent = not new.dividend.any() and bool((new.split == 1.0).all())
    if _is_split(factor) or (silent and 1 / SMALLEST_SPLIT < factor < 1.0):
        none[:count] = True
    return none


def _is_split(factor: float) -> bool:
    """Whether a factor is that of a split n:m of small numbers, or of several such."""
    ratio = max(factor, 1 / factor)
    if ratio < SMALLEST_SPLIT:
        return False
    return abs(float(Fraction(ratio).limit_denominator(10)) / ratio - 1.0) < UNIFORM


def differences(then: dict[str, float], later: dict[str, float]) -> dict[str, list[float]]:
    """The values that differ between two states of one bar, as {name: [old, new]}."""
    return {name: [then[name], later[name]] for name in VALUES if then[name] != later[name]}


def listed(replaced: list[dict[str, Any]], newest: dict[int, dict[str, float]]) -> list[dict[str, Any]]:
    """Entries of `store.revisions` with what came after each: the next replaced value, else the newest.

    `newest` holds the values of the bars by session as they are known at the same instant.
    """
    out = []
    for place, one in enumerate(replaced):
        after = replaced[place + 1] if place + 1 < len(replaced) else None
        same = after is not None and after["session"] == one["session"]
        later = after["values"] if same and after is not None else newest.get(one["session"], one["values"])
        told = {key: value for key, value in one.items() if key != "values"}
        out.append({**told, "changes": differences(one["values"], later)})
    return out
