"""Whether the machine has room: processor, memory, disk, load."""

from __future__ import annotations

from stockml.monitor import host
from stockml.monitor.finding import Finding
from stockml.monitor.watch import Watch

NAME, ORDER = "host", 80


def check(watch: Watch) -> list[Finding]:
    """A full disk or memory is bad. A processor is busy if it is now and its load was high for five minutes too."""
    limits = watch.env.config.monitor
    seen = host.read(watch.env.workspace.home)
    found = []
    for name in ("disk", "memory", "cpu"):
        value, limit = seen[name], getattr(limits, name)
        value = min(value, seen["load"]) if name == "cpu" else value
        if value > limit:
            told = f"{name} use is {value:.0%}, limit {limit:.0%}"
            found.append(Finding(NAME, name, None, "warn" if name == "cpu" else "bad", told, seen))
    told = ", ".join(f"{name} {seen[name]:.0%}" for name in ("cpu", "memory", "disk"))
    return found or [Finding(NAME, "room", None, "ok", told, seen)]
