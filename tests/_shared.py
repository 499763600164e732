"""What is built once for all processes of a test run, and only read."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Any]) -> tuple[Path, Any]:
    """(a folder, what `make` said when it filled it, as JSON gives it back). The first process that asks builds it."""
    base = factory.getbasetemp()
    base = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    base.mkdir(exist_ok=True)
    folder, said = base / name, base / f"{name}.json"
    with (base / f"{name}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not said.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of one that failed
            said.write_text(json.dumps(make(folder)))
    return folder, json.loads(said.read_text())
