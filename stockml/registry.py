"""A folder is a registry: the public modules of a package, by name, loaded only when asked for."""

from __future__ import annotations

import importlib
import os
from typing import Any

from stockml.errors import UsageError


def names(package_path: list[str]) -> list[str]:
    """The members of a folder: its modules whose names do not begin with an underscore, sorted."""
    found = set()
    for folder in package_path:
        for entry in os.listdir(folder):
            if entry.endswith(".py") and not entry.startswith("_"):
                found.add(entry[:-3])
    return sorted(found)


def load(package: str, package_path: list[str], name: str, what: str) -> Any:
    """Import one member. Raises `UsageError` that lists the others if there is no such file."""
    if name not in names(package_path):
        raise UsageError(f"there is no {what} {name!r}", hint=f"there are {', '.join(names(package_path))}")
    return importlib.import_module(f"{package}.{name}")
