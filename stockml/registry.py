"""A folder is a registry: the public modules of a package, by name, loaded only when asked for."""

from __future__ import annotations

import functools
import importlib
import os
from typing import Any

from stockml.errors import UsageError


def names(package_path: list[str]) -> list[str]:
    """The members of a folder: its modules whose names do not begin with an underscore, sorted."""
    return list(_names(tuple(package_path)))


@functools.cache
def _names(folders: tuple[str, ...]) -> tuple[str, ...]:
    """Listed once a process: a round of the monitor asks dozens of times."""
    entries = {entry for folder in folders for entry in os.listdir(folder)}
    return tuple(sorted(entry[:-3] for entry in entries if entry.endswith(".py") and not entry.startswith("_")))


def load(package: str, package_path: list[str], name: str, what: str) -> Any:
    """Import one member. Raises `UsageError` that lists the others if there is no such file."""
    if name not in _names(tuple(package_path)):
        raise UsageError(f"there is no {what} {name!r}", hint=f"there are {', '.join(names(package_path))}")
    return importlib.import_module(f"{package}.{name}")
