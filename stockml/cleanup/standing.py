"""Why a version has to stay, from pointers, promotion log, ledger and age."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from stockml.cleanup.scene import BACK, Scene
from stockml.cleanup.thing import HOUR, YOUNG
from stockml.clock import age_days
from stockml.errors import ModelError
from stockml.store import pointers, versions

DAMAGED = "live.json is damaged, so that nobody can tell which versions of this symbol are in use"
NO_LEDGER = "the ledger cannot be read, so that nobody can tell which versions are in use"
WAITING = "has forecasts that wait for their outcome"
LATER = "made after the present of the clock"
_ROLES = {"challenger": "challenger", "previous": "previous champion", "champion": "champion"}


@dataclass(frozen=True)
class Standing:
    """What protects versions of one symbol: what points at them, what waits, or what protects them all."""

    pointed: Mapping[str, str]
    waiting: frozenset[str]
    everything: str = ""


def of(scene: Scene, symbol: str) -> Standing:
    """The standing of a symbol's versions.

    What the pointer file says and what the promotion log says protects alike, as of the clock and at its end: after a
    kill one of them may be behind. A replaced champion in shadow is the previous champion of the log's row.
    """
    if scene.logged is None or scene.waiting is None:
        return Standing({}, frozenset(), NO_LEDGER)
    try:
        live = pointers.read(scene.workspace, symbol)
    except ModelError:
        return Standing({}, frozenset(), DAMAGED)
    except OSError as error:
        return Standing({}, frozenset(), f"live.json cannot be read ({error.strerror})")
    pointed: dict[str, str] = {}
    for row in (*(log.get(symbol, {}) for log in scene.logged), live or {}):
        pointed |= {str(row[role]): words for role, words in _ROLES.items() if row.get(role)}
    return Standing(pointed, frozenset(scene.waiting.get(symbol, ())))


def protection(scene: Scene, standing: Standing, version: str, path: str, facts: os.stat_result) -> str:
    """Why a version stays, or ""."""
    if standing.everything:
        return standing.everything
    if version in standing.pointed:
        return standing.pointed[version]
    if version in standing.waiting:
        return WAITING
    if path in scene.brought_back:
        return BACK
    clock = scene.env.clock
    age = age_days(versions.made_at(version), clock.now())
    if age < 0:
        return LATER
    return YOUNG if age < HOUR or (clock.as_of is None and scene.age_days(facts) < HOUR) else ""
