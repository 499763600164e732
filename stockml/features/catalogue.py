"""The catalogue: how a family file declares its columns, and the list of all that are declared."""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stockml.arrays import Floats
from stockml.errors import ConfigError

Compute = Callable[..., "tuple[Floats, ...] | Floats"]


@dataclass(frozen=True)
class Feature:
    """One column: rows before `look_back` (bars) are NaN; `cross_section` if other symbols' bars enter it."""

    name: str
    family: str
    look_back: int
    meaning: str
    cross_section: bool = False


@dataclass(frozen=True)
class Group:
    """The columns that one function computes together, in the order in which it returns them."""

    compute: Compute
    features: tuple[Feature, ...]
    shortest: int


_declared: dict[str, list[Group]] = {}


def columns(
    look_back: int | tuple[int, ...], *, cross_section: bool = False, **meanings: str
) -> Callable[[Compute], Compute]:
    """Declare the columns that the decorated function returns, each as `name="meaning"`, in their order.

    The function takes a `Series` (in family `market`, also the `Market`) and returns one float64 array as
    long as the bars for each name. `look_back` is the index of the first row that has a value, one for all or
    one for each. The function is called only with more bars than the shortest look-back; rows before a
    column's look-back become NaN whatever it returns there, and so does infinity anywhere.
    """
    spans = look_back if isinstance(look_back, tuple) else (look_back,) * len(meanings)

    def declare(compute: Compute) -> Compute:
        family = str(getattr(compute, "__module__", "")).rpartition(".")[2]
        features = tuple(
            Feature(name, family, bars, meaning, cross_section)
            for (name, meaning), bars in zip(meanings.items(), spans, strict=True)
        )
        _declared.setdefault(family, []).append(Group(compute, features, min(spans)))
        return compute

    return declare


@functools.cache
def families() -> tuple[str, ...]:
    """The families there are: files of this folder that declare columns, those that see the fleet last."""
    for entry in sorted(os.listdir(os.path.dirname(__file__))):
        if entry.endswith(".py") and not entry.startswith("_"):
            importlib.import_module(f"{__package__}.{entry[:-3]}")
    return tuple(sorted(_declared, key=lambda name: (_sees_fleet(name), name)))


def _sees_fleet(family: str) -> bool:
    return any(feature.cross_section for group in _declared[family] for feature in group.features)


@functools.cache
def groups(chosen: tuple[str, ...], cross_section: bool = False) -> tuple[Group, ...]:
    """The declared functions of some families, plain ones or (`cross_section`) those that see the fleet.

    The order is the catalogue's own, whatever the order asked. Raises `ConfigError` for an unknown family.
    """
    known = families()
    if unknown := [name for name in chosen if name not in known]:
        raise ConfigError(f"features.families: there is no family {unknown[0]!r}", hint=f"there are {', '.join(known)}")
    return tuple(
        group
        for name in known
        if name in chosen
        for group in _declared[name]
        if group.features[0].cross_section is cross_section
    )


def catalogue(chosen: tuple[str, ...] | None = None) -> tuple[Feature, ...]:
    """Every feature of some families (all by default), in the order of the feature matrix.

    Raises `ConfigError` for an unknown family.
    """
    from stockml.features import ranks

    names = families() if chosen is None else tuple(chosen)
    plain = [feature for group in groups(names) for feature in group.features]
    fleet = [feature for group in groups(names, True) for feature in group.features]
    return (*plain, *fleet, *(ranks.features() if ranks.FAMILY in names else ()))


def group_of(name: str) -> tuple[Group, int]:
    """The function that computes a plain feature, and which of its columns that is. Raises KeyError."""
    return _by_name()[name]


@functools.cache
def _by_name() -> dict[str, tuple[Group, int]]:
    found: dict[str, Any] = {}
    for group in groups(families()):
        found |= {feature.name: (group, index) for index, feature in enumerate(group.features)}
    return found
