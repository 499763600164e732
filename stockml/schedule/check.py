"""Simulates the job table of a workspace: durations from heartbeats, sessions of its exchanges, what is installed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from stockml.bars import calendar
from stockml.clock import Clock, stamp, to_day
from stockml.environment import Environment
from stockml.ledger import heartbeats
from stockml.schedule import fixes, hindrances, jobs, simulation, standing, starts
from stockml.schedule.jobs import Job
from stockml.schedule.simulated import Exchange, Finding, Planned, Span, World
from stockml.schedule.standing import Standing

FEWEST = 3  # runs from which their durations are believed
QUANTILE = 0.9  # of the last durations
NEEDS_BARS = ("predict", "settle", "verify")
LONGEST_S = {"XNYS": 7 * 3600, "XBOM": 7 * 3600}  # no session of these is longer; of others a day is assumed
DAY_S = 86400
WORDS = {"when": "time", "zone": "time zone", "command": "command"}


def check(env: Environment, clock: Clock, days: int) -> dict[str, Any]:
    """`result` of `schedule check`: what the table will do from now on, and what of it is not as it should be."""
    begin = clock.now()
    end = begin + timedelta(days=days)
    planned = [_planned(env, job, clock, begin, end) for job in jobs.enabled(env.config)]
    world = World(begin, end, _exchanges(env, planned, begin, end))
    found = fixes.fixed(simulation.findings(planned, world), planned, world)
    listed = standing.of_all(env, clock)
    return {
        "from": stamp(begin),
        "to": stamp(end),
        "days": days,
        "jobs": [_row(one) for one in planned],
        "findings": [one.as_json() for one in [*found, *_differing(listed)]],
        "not_installed": [one.job.name for one in listed if one.job.enabled and not one.known.kept],
    }


def duration_of(durations: list[float], limit_s: float) -> tuple[float, int]:
    """(seconds a job takes, over how many runs that was measured): 9 of 10 runs were shorter; else its time limit."""
    if len(durations) < FEWEST:
        return limit_s, 0
    return sorted(durations)[min(len(durations) - 1, int(QUANTILE * len(durations)))], len(durations)


def _planned(env: Environment, job: Job, clock: Clock, begin: datetime, end: datetime) -> Planned:
    zone = jobs.zone_of(job)
    duration_s, measured = duration_of(heartbeats.durations(env.ledger, job.name, clock), 60.0 * job.timeout_minutes)
    return Planned(
        job, zone, starts.between(job.times, zone, begin, end), duration_s, measured,
        hindrances.avoids_market_hours(env, job), job.command[0] in NEEDS_BARS,
    )  # fmt: skip


def _row(one: Planned) -> dict[str, Any]:
    return {
        "name": one.job.name, "schedule": one.job.when, "zone": one.zone.key, "starts": len(one.starts),
        "duration_s": one.duration_s, "measured": one.measured,
    }  # fmt: skip


def _exchanges(env: Environment, planned: list[Planned], begin: datetime, end: datetime) -> tuple[Exchange, ...]:
    """The exchanges of the fleet with their sessions, if a job asks after them."""
    asking = [one for one in planned if one.avoids_market or one.needs_bars]
    by_name: dict[str, list[str]] = {}
    for symbol in env.config.symbols if asking else ():
        by_name.setdefault(calendar.name_for(symbol, env.config.data.calendars), []).append(symbol)
    settle_s = 60 * env.config.data.settle_minutes
    return tuple(
        Exchange(name, _sessions(env, name, asking, settle_s, begin, end), settle_s, tuple(symbols))
        for name, symbols in by_name.items()
    )


def _sessions(
    env: Environment, name: str, asking: list[Planned], settle_s: int, begin: datetime, end: datetime
) -> list[Span]:
    """(open, close) of each session. Opens are looked up only where a job comes near a session at all.

    They take the library, which costs more than all the rest; closes are in the store.
    """
    first, last = to_day(begin.date()) - 1, to_day(end.date()) + 1
    calendar.ensure(env.market, name, end.date())
    closes = sorted(calendar.closes(env.market, name, first, last).values())
    longest_s = LONGEST_S.get(name, DAY_S)
    near = [(close - longest_s, close) for close in closes]
    if not any(simulation.is_met(near, one, settle_s) for one in asking):
        return []
    from stockml.bars import hours

    found = hours.read(name, first, last)
    return list(zip(found.opens.tolist(), found.closes.tolist(), strict=True))


def _differing(listed: tuple[Standing, ...]) -> list[Finding]:
    """Jobs that are installed with other times than the table has now, or that it has switched off."""
    found = []
    for one in listed:
        installed = one.known.newest["enabled"].details if one.known.kept else {}
        told = {"when": one.job.when, "zone": one.known.zone.key, "command": list(one.job.command)}
        other = [key for key, value in told.items() if installed.get(key) not in (None, value)]
        if one.known.kept and not one.job.enabled:
            sentence = f"{one.job.name}: switched off in the configuration, but still installed"
        elif other:
            words = " and ".join(WORDS[key] for key in other)
            sentence = f"{one.job.name}: installed with another {words} than the configuration has"
        else:
            continue
        found.append(Finding("differs", (one.job.name,), 1, (), sentence, False, "stockml schedule install"))
    return found
