"""TA-Lib without the data-frame libraries that it would otherwise load along."""

from __future__ import annotations

import functools
import sys
from typing import Any

_FRAMES = ("pandas", "polars")


@functools.cache
def talib() -> Any:
    """TA-Lib's functions on float64 arrays. What they return begins with NaN, as long as the look-back.

    TA-Lib imports pandas and polars wherever they are installed, at six times its own cost. Those not
    loaded yet are hidden while it is imported, and can be imported as ever afterwards.
    """
    hidden = [name for name in _FRAMES if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        import talib as library
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
    return library._ta_lib
