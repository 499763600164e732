"""Family price: what the last bars did, as log returns and places within the bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stockml.arrays import Floats
from stockml.features._windows import change, log_close, returns, share, spread, total
from stockml.features.catalogue import columns

if TYPE_CHECKING:
    from stockml.bars.series import Series


@columns(look_back=1, log_return_1="log return over 1 bar")
def _one_bar(bars: Series) -> Floats:
    return returns(bars)


@columns(
    look_back=(2, 3, 5, 10, 21),
    log_return_2="log return over 2 bars",
    log_return_3="log return over 3 bars",
    log_return_5="log return over 5 bars",
    log_return_10="log return over 10 bars",
    log_return_21="log return over 21 bars",
)
def _more_bars(bars: Series) -> tuple[Floats, ...]:
    close = log_close(bars)
    return tuple(change(close, span) for span in (2, 3, 5, 10, 21))


@columns(
    look_back=(1, 21, 0, 0),
    gap="log of the open over the close before",
    overnight_21="sum of the last 21 gaps: the return made while the exchange was closed",
    intraday="log of the close over the open",
    range="log of the high over the low",
)
def _parts_of_the_bar(bars: Series) -> tuple[Floats, ...]:
    intraday = np.log(bars.close / bars.open)
    gap = returns(bars) - intraday
    return gap, total(gap, 21), intraday, np.log(bars.high / bars.low)


@columns(look_back=0, close_in_range="place of the close between low 0 and high 1; 0.5 where they are equal")
def _close_in_range(bars: Series) -> Floats:
    return share(bars.close - bars.low, spread(bars), 0.5)
