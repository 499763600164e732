"""Names of array types, and array steps that numpy has only in modules that are slow to import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Floats32 = NDArray[np.float32]
    Days = NDArray[np.int32]
    Places = NDArray[np.int64]
    Small = NDArray[np.int8]
    Flags = NDArray[np.bool_]
    Dates = NDArray[np.datetime64]
    Integers = NDArray[np.integer[Any]]
else:  # numpy.typing costs a tenth of numpy's own import, for names that only a type checker reads
    Floats = Floats32 = Days = Places = Small = Flags = Dates = Integers = Any


def union(parts: Sequence[Days]) -> Days:
    """The sorted distinct days of several arrays. (np.unique imports numpy.ma.)"""
    if not parts:
        return np.empty(0, dtype=np.int32)
    days = np.sort(np.concatenate(parts))
    return days[np.append(True, days[1:] != days[:-1])] if len(days) else days
