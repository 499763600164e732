"""Why a planned run is left out for now: market hours, battery, a source that refuses. The words go into the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from stockml.bars import breaker, calendar, http, sources
from stockml.clock import Clock, recorded_at, stamp
from stockml.environment import Environment
from stockml.schedule.jobs import Job

TRAINING = ("train", "quick-train", "tune")
ASKING = (*TRAINING, "predict", "data fetch")  # commands that come to nothing where no bars can be had
RESPECT = "--respect-market-hours"


@dataclass(frozen=True)
class Hindrance:
    """What hinders a job, in a sentence, and when it is over, if that is known."""

    sentence: str
    until: datetime | None = None


def find(env: Environment, job: Job, clock: Clock) -> Hindrance | None:
    """The first thing that hinders a job now, or None."""
    looks = []
    if job.command[0] in TRAINING:
        looks += [_market_hours, _battery]
    if not env.offline and {job.command[0], " ".join(job.command[:2])} & set(ASKING):
        looks.append(_refusing_sources)
    return next((found for look in looks if (found := look(env, job, clock)) is not None), None)


def avoids_market_hours(env: Environment, job: Job) -> bool:
    """Whether a job is to train while no exchange is open."""
    return job.command[0] in TRAINING and (env.config.retrain.avoid_market_hours or RESPECT in job.command)


def _market_hours(env: Environment, job: Job, clock: Clock) -> Hindrance | None:
    """That every symbol's exchange is open. Where only some are, training itself leaves those out."""
    if not avoids_market_hours(env, job):
        return None
    from stockml.bars import hours

    names = sorted({calendar.name_for(symbol, env.config.data.calendars) for symbol in env.config.symbols})
    closes = [closing for name in names if (closing := hours.open_until(name, clock.now())) is not None]
    if len(closes) < len(names):
        return None
    first = min(closes)
    return Hindrance(f"market hours: {', '.join(names)} open until {stamp(first)}", first)


def _battery(env: Environment, job: Job, clock: Clock) -> Hindrance | None:
    if env.config.schedule.on_battery == "run":
        return None
    import psutil

    told = psutil.sensors_battery()
    if told is None or told.power_plugged is not False:
        return None
    return Hindrance(f"on battery ({told.percent:.0f} % left), and schedule.on_battery is skip")


def _refusing_sources(env: Environment, job: Job, clock: Clock) -> Hindrance | None:
    """That every source refuses requests. Circuits are in wall time, whatever the clock: hosts live there."""
    ends = [open_until(env, name) for name in env.config.data.providers]
    shut = [end for end in ends if end is not None]
    if len(shut) < len(ends):
        return None
    first = datetime.fromtimestamp(min(shut), UTC)
    named = ", ".join(env.config.data.providers)
    return Hindrance(f"source blocked: {named} refuse requests until {stamp(first)}", first)


def open_until(env: Environment, provider: str) -> float | None:
    """Until when (epoch seconds) a source is not asked because it refused; None if it is asked, or is no host."""
    section: Any = getattr(env.config.data, provider, None)
    if provider not in sources.names() or not hasattr(section, "base_url"):
        return None
    state = breaker.read_at(env.market, http.host_of(section.base_url) if section.base_url else "yahoo.com")
    now = recorded_at().timestamp()
    return state.open_until if state.opened_at <= now < state.open_until else None
