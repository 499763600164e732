"""Extra indicators by name, from pandas-ta-classic: checked, made scale-free and named before use."""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from stockml.arrays import Floats, Floats32
from stockml.errors import ConfigError
from stockml.features import causality

if TYPE_CHECKING:
    from stockml.bars.series import Series

SHORTEST = causality.WARM_UP + 100


@dataclass(frozen=True)
class Indicator:
    """One indicator as configured; `kinds` says of each column whether it is level, difference or free."""

    function: str
    options: dict[str, Any]
    names: tuple[str, ...]
    kinds: tuple[str, ...]

    def columns(self, series: Series) -> list[Floats]:
        """Its columns, float64, as long as the bars, free of the scale of prices."""
        raw = _raw(self.function, self.options, series)
        if len(raw) != len(self.names):
            # Too few bars for the indicator: the library answers nothing.
            return [np.full(len(series), np.nan) for _ in self.names]
        with np.errstate(all="ignore"):
            return [_free(column, kind, series.close) for column, kind in zip(raw, self.kinds, strict=True)]


@dataclass(frozen=True)
class Extras:
    """The extra indicators of a configuration, ready to use."""

    indicators: tuple[Indicator, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for indicator in self.indicators for name in indicator.names)

    def fill(self, series: Series, into: Floats32, start: int) -> None:
        """Write the columns of one symbol into the rows of a block, from bar `start` on."""
        row = 0
        for indicator in self.indicators:
            for column in indicator.columns(series):
                into[row] = np.where(np.isfinite(column), column, np.nan)[start:]
                row += 1


def prepare(wanted: Sequence[dict[str, Any]], fleet: Sequence[Series]) -> Extras:
    """Check the extra indicators on the fleet's longest series.

    Each entry names an indicator and its options: `{"indicator": "kama", "length": 10}`. It must give one
    value a bar, be causal, not depend on where the bars begin, and not on the scale of volume. A column that
    doubles when prices double is a price: it becomes log(close / value) if it is a level, above zero and
    mostly within half and twice the close, and value / close otherwise. A column that changes with the
    prices' scale in another way is refused. Names are
    `extra_<indicator>_<values>`, and the column's number where there are several. Raises `ConfigError` that
    says which entry fails and why.
    """
    if not wanted:
        return Extras()
    longest = max(fleet, key=len, default=None)
    if longest is None or len(longest) < SHORTEST:
        raise ConfigError(f"features.extra: it takes a symbol of {SHORTEST} bars to check the indicators on")
    made = [_prepare(place, entry, longest) for place, entry in enumerate(wanted)]
    names = [name for indicator in made for name in indicator.names]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise ConfigError(f"features.extra: {repeated[0]} is there twice")
    return Extras(tuple(made))


def _prepare(place: int, entry: dict[str, Any], series: Series) -> Indicator:
    where = f"features.extra[{place}]"
    name, options = entry.get("indicator"), {key: value for key, value in entry.items() if key != "indicator"}
    known = _known()
    if not isinstance(name, str) or name not in known:
        near = difflib.get_close_matches(str(name), known, 1)
        raise ConfigError(
            f"{where}: there is no indicator {name!r}",
            hint=f"did you mean {near[0]!r}?" if near else "see the indicators of pandas-ta-classic",
        )
    if bad := [key for key, value in options.items() if not isinstance(value, int | float | str | bool)]:
        raise ConfigError(f"{where}: {bad[0]} of {name} must be a number, a word, true or false")
    try:
        return _checked(name, options, series, f"{where}: {name}")
    except ConfigError:
        raise
    except Exception as error:
        # The library raises what it likes for options that it does not.
        message = f"{where}: {name} fails with {options}: {error}"
        raise ConfigError(message, hint="check its options") from error


def _checked(name: str, options: dict[str, Any], series: Series, what: str) -> Indicator:
    columns = _raw(name, options, series)
    if not columns:
        raise ConfigError(f"{what} does not give one number a bar", hint="choose another indicator")
    doubles = {key: 2.0 * getattr(series, key) for key in ("open", "high", "low", "close")}
    scaled = replace(series, **doubles, memo={})
    traded = replace(series, volume=2.0 * series.volume, memo={})
    doubled, volumes = _raw(name, options, scaled), _raw(name, options, traded)
    pairs = zip(columns, doubled, strict=True)
    kinds = tuple(_kind(before, after, series.close, what) for before, after in pairs)
    if not all(_same(before, after) for before, after in zip(columns, volumes, strict=True)):
        raise ConfigError(f"{what} changes with the scale of volume", hint="choose a relative one")
    indicator = Indicator(name, options, _names(name, options, len(columns)), kinds)
    if found := causality.problems(indicator.columns, series):
        raise ConfigError(f"{what} cannot be used: {found[0]}", hint="choose another indicator")
    return indicator


def _free(column: Floats, kind: str, close: Floats) -> Floats:
    if kind == "level":
        return np.log(close / column)
    return column / close if kind == "difference" else column


def _kind(before: Floats, after: Floats, close: Floats, what: str) -> str:
    """What a column is, from how it answered to doubled prices; `ConfigError` if neither way."""
    if _same(before, after):
        return "free"
    if _same(2.0 * before, after):
        place = (before / close)[np.isfinite(before)]
        return "level" if (place > 0.0).all() and 0.5 < float(np.median(place)) < 2.0 else "difference"
    raise ConfigError(f"{what} changes with the scale of prices, but not in proportion", hint="choose a relative one")


def _same(one: Floats, other: Floats) -> bool:
    there = np.isfinite(one) & np.isfinite(other)
    size = float(np.max(np.abs(one[there]), initial=0.0))
    return float(np.max(np.abs(one[there] - other[there]), initial=0.0)) <= 1e-6 * size


def _names(name: str, options: dict[str, Any], count: int) -> tuple[str, ...]:
    values = [re.sub(r"[^a-z0-9]+", "_", str(value).lower()).strip("_") for value in options.values()]
    stem = "_".join(["extra", name, *values])
    return (stem,) if count == 1 else tuple(f"{stem}_{number}" for number in range(1, count + 1))


def _known() -> list[str]:
    return sorted({name for names in _library().Category.values() for name in names})


def _library() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what pandas will change one day
        import pandas_ta_classic as library
    return library


def _raw(name: str, options: dict[str, Any], series: Series) -> list[Floats]:
    """The indicator's own columns, each as long as the bars; empty if it gives anything else."""
    import pandas

    _library()  # makes `frame.ta`
    index = pandas.to_datetime(series.session.astype("datetime64[D]"))
    frame = pandas.DataFrame(
        {key: getattr(series, key) for key in ("open", "high", "low", "close", "volume")}, index=index
    )
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns of is found by the checks, or concerns its own code
        result = getattr(frame.ta, name)(**options, lookahead=False)
    if isinstance(result, tuple):
        result = result[0]
    if isinstance(result, pandas.Series):
        result = result.to_frame()
    if not isinstance(result, pandas.DataFrame) or len(result) != len(series) or "close" in result:
        # Where an indicator has no causal form, the prices themselves come back.
        return []
    return [result[column].to_numpy(dtype=np.float64, na_value=np.nan) for column in result]
