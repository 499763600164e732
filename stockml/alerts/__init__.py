"""Tells people what changed, once, and remembers whether they were reached."""

from stockml.alerts.delivery import Delivery, troubles
from stockml.alerts.message import Cause
from stockml.alerts.pings import ping
from stockml.alerts.telling import Told, update

__all__ = ["Cause", "Delivery", "Told", "ping", "troubles", "update"]
