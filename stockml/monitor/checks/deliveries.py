"""Whether alerts reached those they were meant for."""

from __future__ import annotations

from stockml.alerts import delivery
from stockml.monitor.finding import Finding
from stockml.monitor.watch import Watch

NAME, ORDER = "deliveries", 76


def check(watch: Watch) -> list[Finding]:
    """Shown, never alerted: an alert about an alert that does not arrive does not arrive."""
    troubles = [Finding(NAME, "undelivered", None, "warn", told, silent=True) for told in delivery.troubles(watch.env)]
    return troubles or [Finding(NAME, "delivered", None, "ok", "no alert waits for its delivery")]
