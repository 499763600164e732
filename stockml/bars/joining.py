"""Decides whether bars of one source may be joined to stored bars of another: on what both say of the same days.

Raw and adjusted prices are never joined. Two raw sources must tell the same prices: a source that
adjusts for later splits, or another company under the same name, is caught by its level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stockml.bars import sources
from stockml.bars.series import Bars, adjust, log_returns
from stockml.clock import from_day

if TYPE_CHECKING:
    from stockml.bars.answer import Answer

BLOCK = 20  # sessions compared together, so that a level that is wrong for a month is seen among years
LEVEL = 0.005  # relative difference of closes, median of a block; sources that agree differ by 0.0002
RETURN = 0.005  # difference of daily total log returns that counts as one
ODD = 0.05  # fraction of sessions whose returns may differ


def is_adjusted(source: str) -> bool:
    """Whether a source gives adjusted prices. An import says so in its name; other unknown names are raw."""
    if source in sources.names():
        return bool(getattr(sources.load(source), "ADJUSTED", False))
    return source.endswith("_adjusted")


def objection(answer: Answer, old: Bars | None, stored_source: str) -> str:
    """Why an answer may not be joined to the stored bars of another source, in a sentence; "" if it may.

    An answer that leaves no stored bar standing replaces and joins nothing: raw prices may so take the
    place of adjusted ones, never the other way round.
    """
    if old is None or not len(old) or stored_source == answer.source or not len(answer):
        return ""
    whole = int(answer.session.min()) <= old.session[0] and int(answer.session.max()) >= old.session[-1]
    new_adjusted, old_adjusted = is_adjusted(answer.source), is_adjusted(stored_source)
    if new_adjusted and not old_adjusted:
        return f"{answer.source} gives adjusted prices, those stored from {stored_source} are raw: they are not joined"
    if old_adjusted and not new_adjusted:
        if whole:
            return ""
        return f"{stored_source} gave adjusted prices, {answer.source} gives raw ones: they are not joined"
    if new_adjusted:
        return f"{answer.source} and {stored_source} both give adjusted prices, as of other days: they are not joined"
    return disagreement(answer, old, stored_source)


def disagreement(answer: Answer, old: Bars, stored_source: str) -> str:
    """Where two raw sources differ on the sessions they share: levels in blocks of sessions, then returns."""
    theirs = _bars(answer, old.symbol)
    _, here, there = np.intersect1d(theirs.session, old.session, assume_unique=True, return_indices=True)
    both = f"{answer.source} and the stored bars from {stored_source}"
    if not len(here):
        return f"{both} share no session, so they cannot be compared"
    new, was = theirs.close[here], old.close[there]
    apart = np.abs(new / was - 1.0)
    blocks = max(1, len(apart) // BLOCK)
    for block in np.array_split(np.arange(len(apart)), blocks):
        if np.median(apart[block]) > LEVEL:
            first = block[np.argmax(apart[block] > LEVEL)]
            day = from_day(int(theirs.session[here[first]]))
            closes = f"{new[first]:g} against {was[first]:g}"
            return f"{both} differ on {len(here)} shared sessions: first on {day}, {closes}"
    ours, others = log_returns(adjust(theirs).close[here]), log_returns(adjust(old).close[there])
    odd = np.abs(ours[1:] - others[1:]) > RETURN
    if odd.sum() > ODD * max(1, len(odd)):
        first = int(np.argmax(odd)) + 1
        day = from_day(int(theirs.session[here[first]]))
        moves = f"{np.expm1(ours[first]):+.2%} against {np.expm1(others[first]):+.2%}"
        return f"{both} differ in their returns on {int(odd.sum())} of {len(odd)} sessions: first on {day}, {moves}"
    return ""


def _bars(answer: Answer, symbol: str) -> Bars:
    """The sound rows of an answer, ascending; that one day's row is wrong is for the judge of quality."""
    from stockml.bars import quality

    return quality.judge(symbol, answer).bars

