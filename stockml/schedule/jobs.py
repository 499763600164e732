"""The job table: what stockml runs by itself, when, and how a configuration changes it."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from stockml import clock
from stockml.schedule import times

if TYPE_CHECKING:
    from stockml.config.schema import Config

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.=:+-]{0,99}|--?[a-z][a-z0-9-]{0,40}")  # nothing a shell or cron reads
EXCHANGE = "America/New_York"
KINDS: dict[str, tuple[Any, str]] = {
    "enabled": (bool, "true or false"), "when": (str, "five fields, as in crontab"), "zone": (str, "a time zone"),
    "command": (list, "a list of words"), "timeout_minutes": (int, "a whole number"), "nice": (int, "a whole number"),
    "meaning": (str, "a text"),
}  # fmt: skip


@dataclass(frozen=True)
class Job:
    """One line of the table. `command` is what follows `stockml`; `zone` None is the schedule's, else the machine's."""

    name: str
    meaning: str
    when: str
    command: tuple[str, ...]
    zone: str | None = None
    enabled: bool = True
    timeout_minutes: int = 60
    nice: int = 10

    @property
    def times(self) -> times.Times:
        return times.parse(self.when)


DEFAULTS = (
    Job("forced_training", "train every symbol", "0 1 1 * *", ("train", "--all", "--force"), timeout_minutes=240),
    Job("smart_training", "train what is due", "0 2 * * 0", ("train",), timeout_minutes=240),
    Job("cleanup", "remove what the policy no longer keeps", "0 3 * * *", ("clean",), timeout_minutes=30),
    Job("backup", "back up what changed", "30 3 * * *", ("backup", "create")),
    Job("restore_drill", "prove that the newest backup restores", "30 4 * * 6", ("backup", "verify")),
    Job("monitoring", "watch data, models, outcomes and the machine", "0 6,12,18 * * 1-5", ("monitor",),
        timeout_minutes=30),
    Job("forecasts", "forecast after each session's close", "45 16 * * 1-5", ("predict",), EXCHANGE),
    Job("settling", "give past forecasts their outcome", "15 17 * * *", ("settle",), EXCHANGE),
    Job("price_refresh", "fetch prices", "5 * * * *", ("data", "fetch"), enabled=False, timeout_minutes=30),
    Job("frequent_training", "train what is due, more often", "0 */6 * * *", ("train",), enabled=False,
        timeout_minutes=240),
)  # fmt: skip


def table(config: Config) -> tuple[Job, ...]:
    """The jobs of a configuration that passed `problems`: the defaults with its changes, then its own."""
    changes = config.schedule.jobs
    made = [dataclasses.replace(job, **_values(changes.get(job.name, {}))) for job in DEFAULTS]
    known = {job.name for job in DEFAULTS}
    made += [
        Job(**{"name": name, "meaning": " ".join(raw["command"]), **_values(raw)})
        for name, raw in changes.items()
        if name not in known
    ]
    zone = config.schedule.zone
    return tuple(dataclasses.replace(job, zone=job.zone or zone) for job in made)


def enabled(config: Config) -> tuple[Job, ...]:
    """The jobs that are to run."""
    return tuple(job for job in table(config) if job.enabled)


def zone_of(job: Job) -> ZoneInfo:
    """The zone a job's times are in: its own, else the machine's."""
    return ZoneInfo(job.zone or clock.machine_zone())


def _values(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if key == "command" else value for key, value in raw.items()}


def problems(raw: Mapping[str, Any]) -> list[tuple[str, object, str, str | None]]:
    """What is wrong with `schedule.jobs`: (path inside it, value, message, nearest right word or None)."""
    found: list[tuple[str, object, str, str | None]] = []
    known = [job.name for job in DEFAULTS]
    for name, changes in raw.items():
        if not NAME.fullmatch(name):
            found.append((name, None, "a job's name is small letters, digits and _", None))
        if not isinstance(changes, dict):
            found.append((name, changes, "expected an object with keys", None))
            continue
        for key, value in changes.items():
            message, near = _problem(key, value)
            if message:
                found.append((f"{name}.{key}", value, message, near))
        missing = [] if name in known else [key for key in ("when", "command") if key not in changes]
        if missing:
            near = next(iter(difflib.get_close_matches(name, known, n=1)), None)
            advice = f"did you mean {near!r}? else " if near else ""
            found.append((name, changes, f"no default job; {advice}a job of your own needs {missing[0]!r}", near))
    return found


def _problem(key: str, value: Any) -> tuple[str, str | None]:
    """(what is wrong with one key of a job, nearest key); "" if nothing is."""
    if key not in KINDS:
        near = next(iter(difflib.get_close_matches(key, KINDS, n=1)), None)
        return f"unknown key{f'; did you mean {near!r}?' if near else ''}", near
    kind, words = KINDS[key]
    if key == "zone" and value is None:
        return "", None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return f"expected {words}", None
    if key == "timeout_minutes" and not 1 <= value <= 1440:
        return "1 to 1440 minutes", None
    if key == "nice" and not 0 <= value <= 19:
        return "0 to 19", None
    if key == "zone" and not is_zone(value):
        return "no time zone of that name, like America/New_York or UTC", None
    if key == "when":
        return _problem_of_times(value), None
    if key == "command":
        return _problem_of_command(value), None
    return "", None


def is_zone(name: str) -> bool:
    """Whether the machine knows a time zone of that name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _problem_of_times(text: str) -> str:
    try:
        times.parse(text)
    except ValueError as error:
        return str(error)
    return ""


def _problem_of_command(words: list[Any]) -> str:
    if not words:
        return "the words that follow stockml, at least one"
    for word in words:
        if not isinstance(word, str) or not WORD.fullmatch(word):
            return f"{word!r} is not a plain word; nothing that a shell or cron would read may stand in a command"
    if words[0].startswith("-"):
        return "begins with a command of stockml, not with an option"
    return ""
