"""Sessions of the exchanges, cached in `market.db` so that only the first use pays for the library.

Beyond what exchange_calendars knows, every weekday counts as a session (conservative, and said so).
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from stockml.clock import Clock, from_day, stamp, to_day
from stockml.errors import ConfigError

DEFAULT = "XNYS"
BY_SUFFIX = {".NS": "XBOM", ".BO": "XBOM"}
FIRST = date(1962, 1, 2)
AHEAD_WARNED = 60  # days


def name_for(symbol: str, overrides: dict[str, str]) -> str:
    """The calendar a symbol trades by: the config's word, else its suffix, else New York."""
    if symbol in overrides:
        return overrides[symbol]
    return next((name for suffix, name in BY_SUFFIX.items() if symbol.endswith(suffix)), DEFAULT)


def ensure(connection: sqlite3.Connection, name: str, through: date) -> None:
    """Make sure the cache holds a calendar's sessions to some weeks past a day. Heavy only when it does not."""
    row = connection.execute("SELECT last FROM calendars WHERE name = ?", (name,)).fetchone()
    if row and row[0] >= to_day(through) + 30:
        return
    last = date(through.year + 2, 12, 31)
    sessions, exact_through = _sessions(name, last)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM sessions WHERE calendar = ?", (name,))
    connection.executemany("INSERT INTO sessions VALUES(?,?,?)", [(name, day, close) for day, close in sessions])
    connection.execute(
        "INSERT OR REPLACE INTO calendars VALUES(?,?,?,?)", (name, sessions[0][0], to_day(last), exact_through)
    )
    connection.execute("COMMIT")


def _sessions(name: str, last: date) -> tuple[list[tuple[int, int]], int]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import exchange_calendars
        from exchange_calendars.errors import InvalidCalendarName

        try:
            known = exchange_calendars.get_calendar(name)
        except InvalidCalendarName as error:
            raise ConfigError(
                f"data.calendars: there is no exchange calendar {name!r}",
                hint="use a market identifier such as XNYS or XBOM",
            ) from error
        bound_min, bound_max = known.bound_min(), known.bound_max()
        start = max(FIRST, bound_min.date()) if bound_min is not None else FIRST
        end = min(last, bound_max.date()) if bound_max is not None else last
        made = exchange_calendars.get_calendar(name, start=start.isoformat(), end=end.isoformat())
        sessions = [
            (to_day(day.date()), int(close.timestamp())) for day, close in zip(made.sessions, made.closes, strict=True)
        ]
    zone, close_time = ZoneInfo(str(made.tz)), datetime.fromtimestamp(sessions[-1][1], ZoneInfo(str(made.tz))).time()
    day = end + timedelta(days=1)
    while day <= last:
        if day.weekday() < 5:
            sessions.append((to_day(day), int(_at(day, close_time, zone).timestamp())))
        day += timedelta(days=1)
    return sessions, to_day(end)


def _at(day: date, moment: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, moment, zone)


def last_settled(connection: sqlite3.Connection, name: str, now: datetime, settle_minutes: int) -> int | None:
    """The newest session (as a day) whose close plus the settle margin is not after now."""
    # A session closes on its own day or, as UTC counts, the day before: later ones need not be looked at.
    row = connection.execute(
        "SELECT session FROM sessions WHERE calendar = ? AND session <= ? AND close_at <= ? "
        "ORDER BY session DESC LIMIT 1",
        (name, to_day(now.astimezone(UTC).date()) + 1, int(now.timestamp()) - 60 * settle_minutes),
    ).fetchone()
    return row[0] if row else None


def session_at_or_before(connection: sqlite3.Connection, name: str, day: date) -> tuple[int, int] | None:
    """(session, close time in epoch seconds) of the last session not after a day."""
    return connection.execute(  # type: ignore[no-any-return]
        "SELECT session, close_at FROM sessions WHERE calendar = ? AND session <= ? ORDER BY session DESC LIMIT 1",
        (name, to_day(day)),
    ).fetchone()


def after(connection: sqlite3.Connection, name: str, day: int, count: int) -> int | None:
    """The session `count` sessions after a day, or None past the cache's end."""
    row = connection.execute(
        "SELECT session FROM sessions WHERE calendar = ? AND session > ? ORDER BY session LIMIT 1 OFFSET ?",
        (name, day, count - 1),
    ).fetchone()
    return row[0] if row else None


def between(connection: sqlite3.Connection, name: str, first: int, last: int) -> list[int]:
    """The sessions from first to last, both included."""
    rows = connection.execute(
        "SELECT session FROM sessions WHERE calendar = ? AND session BETWEEN ? AND ? ORDER BY session",
        (name, first, last),
    )
    return [row[0] for row in rows]


def closes(connection: sqlite3.Connection, name: str, first: int, last: int) -> dict[int, int]:
    """The closing times, in epoch seconds, of the sessions from first to last."""
    return dict(
        connection.execute(
            "SELECT session, close_at FROM sessions WHERE calendar = ? AND session BETWEEN ? AND ?", (name, first, last)
        )
    )


def next_settled(connection: sqlite3.Connection, name: str, day: int, settle_minutes: int) -> str | None:
    """When the first session after a day will have settled, as a stamp; None past the cache's end."""
    following = after(connection, name, day, 1)
    if following is None:
        return None
    closes_at = closes(connection, name, following, following)[following] + 60 * settle_minutes
    return stamp(datetime.fromtimestamp(closes_at, UTC))


def lag(connection: sqlite3.Connection, name: str, from_day_: int, to_day_: int) -> int:
    """How many sessions lie after one day up to and including another."""
    row = connection.execute(
        "SELECT count(*) FROM sessions WHERE calendar = ? AND session > ? AND session <= ?", (name, from_day_, to_day_)
    ).fetchone()
    return int(row[0])


def clock_at(connection: sqlite3.Connection, as_of: date, settle_minutes: int) -> Clock:
    """A clock that stands at the moment the session of `as_of`, or the last one before it, settled."""
    ensure(connection, DEFAULT, as_of)
    found = session_at_or_before(connection, DEFAULT, as_of)
    if found is None:
        raise ConfigError(f"--as-of {as_of}: before the first session known ({FIRST})", hint="choose a later date")
    session, close_at = found
    return Clock(datetime.fromtimestamp(close_at, UTC) + timedelta(minutes=settle_minutes), from_day(session))


def exact_through(connection: sqlite3.Connection, name: str) -> int | None:
    """The last day to which an exchange's sessions are known; after it weekdays count. None: nothing is known."""
    row = connection.execute("SELECT exact_through FROM calendars WHERE name = ?", (name,)).fetchone()
    return row[0] if row else None


def horizon_warning(connection: sqlite3.Connection, name: str, cut: int) -> str:
    """That an exchange's known sessions end within 60 days of a day, or have ended; else ""."""
    known = exact_through(connection, name)
    if known is None or known - cut > AHEAD_WARNED:
        return ""
    rule = "after it every weekday counts as a session"
    return f"the calendar {name} is known to {from_day(known)} only: {rule}; upgrade exchange_calendars"


def cut_day(
    connection: sqlite3.Connection, symbol: str, clock: Clock, overrides: dict[str, str], settle_minutes: int
) -> int:
    """The newest day whose bar of a symbol may be used now. Before any session is known: the as-of, or yesterday."""
    name = name_for(symbol, overrides)
    now = clock.now()
    ensure(connection, name, now.date())
    settled = last_settled(connection, name, now, settle_minutes)
    if clock.as_of is None:
        return settled if settled is not None else to_day(now.date()) - 1
    found = session_at_or_before(connection, name, clock.as_of)
    if found is None or settled is None:
        return to_day(clock.as_of) if found is None else found[0]
    return min(found[0], settled)  # an exchange that closes after New York has not settled by then
