"""Use of the machine's processor, memory and disk, and its load. The machine's present, whatever the clock says."""

from __future__ import annotations

import os
from pathlib import Path


def begin() -> None:
    """Let the first reading of this process be over the time from now on: psutil counts from its import."""
    import psutil

    assert psutil.cpu_percent


def read(home: Path) -> dict[str, float]:
    """Fractions of 1: `cpu` since the last reading, `memory`, `disk` of the file system of a folder, `load` a core.

    `load` is the mean number of processes that want a core over the last five minutes, and may exceed 1.
    """
    import psutil

    return {
        "cpu": psutil.cpu_percent(interval=None) / 100.0,
        "memory": psutil.virtual_memory().percent / 100.0,
        "disk": psutil.disk_usage(str(home)).percent / 100.0,
        "load": os.getloadavg()[1] / (os.cpu_count() or 1),
    }
