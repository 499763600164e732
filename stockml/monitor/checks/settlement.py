"""Whether forecasts wait for an outcome that could be given by now."""

from __future__ import annotations

from stockml.clock import from_day
from stockml.monitor.finding import Finding, plural
from stockml.monitor.watch import Watch

NAME, ORDER = "settlement", 45
LATE_SESSIONS = 2  # settling runs daily; from then on a day was missed


def check(watch: Watch) -> list[Finding]:
    """One finding. What waits is no evidence yet, so late settling makes the tests blind."""
    count = sum(one for one, _ in watch.due.values())
    if not count:
        out = f"; {plural(watch.left_out, 'outcome')} left out because of their bars" if watch.left_out else ""
        told = f"{plural(len(watch.live), 'outcome')} of the champions in service{out}"
        return [Finding(NAME, "settled", None, "ok", told, {"due": 0, "left_out": watch.left_out})]
    oldest = min(day for _, day in watch.due.values())
    symbol = next(symbol for symbol, (_, day) in watch.due.items() if day == oldest)
    late = watch.env.lag_sessions(symbol, oldest)
    figures = {"due": count, "oldest": from_day(oldest).isoformat(), "left_out": watch.left_out}
    verb = "is" if count == 1 else "are"
    told = f"{plural(count, 'forecast')} {verb} due for settlement, the oldest of {from_day(oldest)}: stockml settle"
    return [Finding(NAME, "due", None, "warn" if late > LATE_SESSIONS else "ok", told, figures)]
