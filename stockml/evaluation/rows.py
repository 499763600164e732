"""The table every figure is computed from: forecasts of one horizon whose outcome is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from stockml.arrays import Flags, Floats, Integers
from stockml.errors import DataError

CLASSES = 5

_MAY_BE_MISSING = frozenset({"sigma", "naive_lo80", "naive_hi80", "naive_lo90", "naive_hi90"})
_TABLES = frozenset({"class_probabilities", "class_frequencies", "volatility_classes"})


@dataclass(frozen=True)
class Rows:
    """Aligned arrays, one entry per (symbol, session); a forecast without outcome is not among them.

    Returns, bounds and `sigma` are log total returns over `horizon` sessions. The `naive_*` bounds are NaN
    where the symbol's history was too short for them, `sigma` where it is unknown; all else is finite.

    Raises `DataError` if the arrays do not fit together, or a value is missing where none may be.
    """

    horizon: int
    symbol_id: Integers  # int32, position in the caller's tuple of symbols
    session: Integers  # int32, days since 1970-01-01 of the session the forecast was made after
    probability_up: Floats  # as shown: the direction model's, or the base rate where it has no proven edge
    model_up: Floats  # the direction model's probability after shrinkage, shown or not
    base_rate: Floats  # share of ups among the version's training rows
    price_log_return: Floats  # ln(forecast price / last close), on the total-return scale
    lo80: Floats
    hi80: Floats
    lo90: Floats
    hi90: Floats
    class_probabilities: Floats  # (n, 5), strong_sell first
    class_index: Integers  # 0..4, the class that was forecast
    class_frequencies: Floats  # (n, 5), shares among the version's training rows
    volatility_classes: Floats  # (n, 5), the forecast classes without direction: the base rate in its place
    realised: Floats
    realised_class: Integers  # int8, 0..4
    sigma: Floats  # forecast volatility of the horizon's return
    regime: Integers  # int8, position in REGIMES
    naive_lo80: Floats
    naive_hi80: Floats
    naive_lo90: Floats
    naive_hi90: Floats
    version_id: Integers  # int32

    def __post_init__(self) -> None:
        for name in _COLUMNS:
            column = getattr(self, name)
            wanted = (len(self), CLASSES) if name in _TABLES else (len(self),)
            if column.shape != wanted:
                raise DataError(f"evaluation rows: {name} has shape {column.shape}, expected {wanted}")
            if name not in _MAY_BE_MISSING and not np.isfinite(column).all():
                raise DataError(f"evaluation rows: {name} holds a value that is not a number")

    def __len__(self) -> int:
        return len(self.session)

    def where(self, chosen: Flags | Integers) -> Rows:
        """The rows that a mask of n flags, or an array of places, chooses."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in _COLUMNS})

    @property
    def up(self) -> Flags:
        """Whether the price rose. A return of exactly zero is not up, as in the training labels."""
        return self.realised > 0.0


_COLUMNS = tuple(field.name for field in fields(Rows) if field.name != "horizon")


def joined(parts: Sequence[Rows]) -> Rows:
    """The rows of several parts of one horizon, one after the other; their versions are numbered on.

    Raises `DataError` without parts, or if they are of different horizons.
    """
    if not parts or len({part.horizon for part in parts}) > 1:
        raise DataError("evaluation rows: only rows of one horizon can be joined")
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS}
    highest = np.array([int(part.version_id.max()) + 1 if len(part) else 1 for part in parts])
    begins = np.cumsum(highest) - highest
    columns["version_id"] = np.concatenate(
        [(part.version_id + begin).astype(np.int32) for part, begin in zip(parts, begins.tolist(), strict=True)]
    )
    return Rows(horizon=parts[0].horizon, **columns)
