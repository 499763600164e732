"""The stand-in for Yahoo, a program beside the repository, as a module; and where prices for it are."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

SHARED = Path(__file__).parents[1].parent / "shared"
TOOL, DAILY = SHARED / "tools" / "fake_yahoo.py", SHARED / "data" / "daily"


def loaded() -> Any:
    spec = importlib.util.spec_from_file_location("fake_yahoo", TOOL)
    assert spec is not None and spec.loader is not None
    module = sys.modules["fake_yahoo"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
