"""How the share of right directions of the whole fleet moves. Information only; it decides nothing."""

from __future__ import annotations

from stockml.monitor import trend
from stockml.monitor.finding import Finding
from stockml.monitor.watch import Watch

NAME, ORDER = "trend", 60


def check(watch: Watch) -> list[Finding]:
    """One finding, of the shortest horizon: change a month of the share of hits, with its 95 % interval."""
    horizon = min(watch.horizons)
    rows = watch.live.at(horizon)
    if not len(rows):
        return [Finding(NAME, "few", None, "ok", "no outcomes yet", silent=True)]
    seen = trend.trend(rows.hit, rows.session, horizon)
    figures = {
        "horizon": horizon, "slope": seen.slope, "low": seen.low, "high": seen.high, "dates": seen.dates,
        "rolling": list(seen.rolling[-60:]), "accuracy": float(rows.hit.mean()), "n": len(rows),
    }  # fmt: skip
    told = f"{figures['accuracy']:.1%} of {len(rows):,} directions were right"
    if seen.slope is None:
        told += "; too few sessions for a trend"
        return [Finding(NAME, "few", None, "ok", told, figures, silent=True)]
    span = "" if seen.low is None or seen.high is None else f" [{100 * seen.low:+.1f}, {100 * seen.high:+.1f}]"
    return [Finding(NAME, "moving", None, "ok", f"{told}, {100 * seen.slope:+.1f}{span} points a month", figures)]
