"""Whether there is a workspace, and whether its configuration can be used."""

from __future__ import annotations

from stockml.config.schema import Config
from stockml.doctor.case import Case
from stockml.doctor.finding import Finding, several
from stockml.errors import ConfigError

NAME, ORDER, NEEDS_WORKSPACE = "workspace", 20, False
MOST = 10  # problems that are told one by one


def check(case: Case) -> list[Finding]:
    home = case.workspace.home
    if not case.exists:
        told = f"there is no stockml workspace in {home}; only the machine was looked at"
        if case.is_named:
            advice = f"look at --home and STOCKML_HOME, or run: stockml init --home {home}"
            return [Finding(NAME, "missing", "bad", told, advice)]
        return [Finding(NAME, "missing", "note", told, "stockml init, or name one: stockml doctor --home DIR")]
    found = case.loaded
    if isinstance(found, ConfigError) and found.problems:
        words = [f"{one['path']}: {one['message']}" for one in found.problems[:MOST]]
        more = len(found.problems) - MOST
        rest = [f"{more} more: stockml config check"] if more > 0 else []
        advice = f"edit {case.workspace.config_file}, then: stockml config check"
        return [Finding(NAME, "configuration", "bad", one, advice) for one in (*words, *rest)]
    if not isinstance(found, Config):
        return [Finding(NAME, "configuration", "bad", found.message, found.hint)]
    told = f"{home}: {several(len(found.symbols), 'symbol')}, from {', '.join(found.data.providers)}"
    if found.as_of is not None:
        told += f"; the clock of its data stands at {found.as_of}"
        return [Finding(NAME, "pinned", "note", told, "to live in the present: stockml config set as_of null")]
    return [Finding(NAME, "sound", "ok", told)]
