"""What cron and systemd really hold of a workspace: which jobs, kept by whom, and whether as the configuration says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field

from stockml.environment import Environment
from stockml.errors import StockmlError
from stockml.schedule import calls, cron_block, cron_install, cron_table, jobs, systemctl, systemd_install, units
from stockml.schedule.cron_block import Split
from stockml.schedule.systemctl import Scope
from stockml.schedule.units import Account

CRON = "cron"
JOB = re.compile(rb" schedule run ([a-z][a-z0-9_]*) --due$")
ACCOUNT = re.compile(rb"^User=(.+)\nGroup=(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Kept:
    """Who keeps each job (`cron`, `systemd user`, `systemd system`), and where that differs from the table.

    `problems` tells in sentences what could not be looked at.
    """

    keepers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    differing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def all_keepers(self) -> set[str]:
        return {keeper for keepers in self.keepers.values() for keeper in keepers}


def find(env: Environment) -> Kept:
    """Read the cron table and the unit folders of this user and of the system. Nothing is changed."""
    found: list[tuple[str, dict[str, bool]]] = []
    problems = []
    try:
        found.append((CRON, _in_cron(env)))
    except StockmlError as error:
        problems.append(error.message)
    for scope in (systemctl.USER, systemctl.SYSTEM):
        try:
            found.append((scope.name, _in_systemd(env, scope)))
        except (StockmlError, OSError) as error:
            problems.append(f"{scope.units}: {error}")
    keepers: dict[str, tuple[str, ...]] = {}
    differing: dict[str, tuple[str, ...]] = {}
    for keeper, same in found:
        for job, is_same in same.items():
            keepers[job] = (*keepers.get(job, ()), keeper)
            if not is_same:
                differing[job] = (*differing.get(job, ()), keeper)
    return Kept(keepers, differing, tuple(problems))


def traces(env: Environment) -> set[str]:
    """Who holds anything of this workspace, be it whole or not."""
    scopes = (systemctl.USER, systemctl.SYSTEM)
    found = {scope.name for scope in scopes if systemd_install.present(env.workspace, scope)}
    if _block(env).block:
        found.add(CRON)
    return found


def account_of(env: Environment) -> Account | None:
    """Whom the installed system units run as; None if there are none."""
    for content in systemd_install.present(env.workspace, systemctl.SYSTEM).values():
        told = ACCOUNT.search(content)
        if told:
            return Account(told[1].decode(), told[2].decode())
    return None


def _in_cron(env: Environment) -> dict[str, bool]:
    """Jobs with lines in our block -> whether these are the lines the table asks for."""
    there: dict[str, set[bytes]] = {}
    for line in _block(env).lines:
        told = JOB.search(line)
        if told:
            there.setdefault(told[1].decode(), set()).add(line)
    if not there:
        return {}
    wanted = {name: {one.encode() for one in lines} for name, lines in cron_install.lines(env).items()}
    return {name: lines == wanted.get(name) for name, lines in there.items()}


def _block(env: Environment) -> Split:
    """Our part of the cron table. A user who may not use cron, and never did for this workspace, has none."""
    try:
        table = cron_table.read() if shutil.which("crontab") else b""
    except cron_table.CronError:
        if (env.workspace.cron / cron_install.RENDERED).exists():
            raise
        table = b""
    return cron_block.split(table, calls.identity(env.workspace))


def _in_systemd(env: Environment, scope: Scope) -> dict[str, bool]:
    """Jobs with units -> whether these are what the table asks for, and enabled."""
    there = systemd_install.present(env.workspace, scope)
    if not there:
        return {}
    account = account_of(env) if scope.system else None
    wanted = units.render(env.workspace, env.config, jobs.enabled(env.config), account)
    names = {units.job_of(env.workspace, name) for name in there} - {"", calls.MISSED}
    return {
        name: all(
            there.get(file) == wanted.files[file]
            and (not file.endswith(".timer") or systemd_install.is_enabled(scope, file))
            for file in wanted.jobs.get(name, ())
        ) and name in wanted.jobs
        for name in names
    }  # fmt: skip
