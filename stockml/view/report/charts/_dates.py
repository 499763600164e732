"""An axis of days with as few words as tell them."""

from __future__ import annotations

from typing import Any


def axis(panel: Any) -> None:
    """Let the lower axis of a panel tell its days."""
    from matplotlib import dates

    places = dates.AutoDateLocator(minticks=3, maxticks=8)
    panel.xaxis.set_major_locator(places)
    panel.xaxis.set_major_formatter(dates.ConciseDateFormatter(places))
