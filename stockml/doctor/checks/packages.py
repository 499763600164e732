"""Whether Python's packages are there, in versions that stockml was tested with, and whether their libraries load."""

from __future__ import annotations

import configparser
import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stockml.doctor.case import Case
from stockml.doctor.finding import Finding, several

if TYPE_CHECKING:
    from packaging.requirements import Requirement

NAME, ORDER, NEEDS_WORKSPACE = "packages", 12, False
CHECKOUT = Path(__file__).resolve().parents[3] / "setup.cfg"
LIMIT_S = 20.0
PROBES = {  # what loads a library of C just as stockml does, in a process of its own: a broken one ends its process
    "lightgbm": "from stockml.models.boosting import library; library()",
    "TA-Lib": "from stockml.features._talib import talib; talib()",
}
APART = ("crontab", "python-crontab")  # two packages that write the same file crontab.py


def check(case: Case) -> list[Finding]:
    try:
        wanted = list(_wanted(case))
    except ModuleNotFoundError as error:
        return [Finding(NAME, "missing", "bad", f"{error.name} is not installed", f"pip install {error.name}")]
    installed = {one.name: _version(one.name) for one in wanted}
    found = judge(wanted, installed, [name for name in APART if _version(name)])
    there = [name for name in PROBES if installed.get(name)]
    found += [Finding(NAME, "library", "bad", *told) for told in _broken({name: PROBES[name] for name in there})]
    if found:
        return found
    python = ".".join(map(str, sys.version_info[:3]))
    told = f"Python {python}; {several(len(wanted), 'package')} in tested versions; {' and '.join(there)} load"
    return [Finding(NAME, "tested", "ok", told, figures={"python": python, "versions": installed})]


def judge(wanted: list[Requirement], installed: Mapping[str, str | None], apart: list[str]) -> list[Finding]:
    """Findings from what is wanted and what is there; `apart` lists which of the two crontab packages are."""
    found = []
    for one in wanted:
        version = installed.get(one.name)
        if version is None:
            advice = f"{_pip()} install '{one.name}{one.specifier}'"
            found.append(Finding(NAME, "missing", "bad", f"{one.name} is not installed", advice))
        elif not one.specifier.contains(version, prereleases=True):
            told = f"{one.name} {version} is outside the range stockml was tested with ({one.specifier})"
            figures = {"package": one.name, "version": version, "wanted": str(one.specifier)}
            advice = f"{_pip()} install '{one.name}{one.specifier}'"
            found.append(Finding(NAME, "untested", "warning", told, advice, figures))
    if len(apart) == len(APART):
        told = "crontab and python-crontab are both installed, and each overwrites the other's crontab.py"
        advice = f"{_pip()} uninstall crontab python-crontab, then {_pip()} install python-crontab"
        found.append(Finding(NAME, "crontab", "warning", told, advice))
    return found


def requirements(lines: list[str], extras: set[str]) -> Iterator[Requirement]:
    """The requirements of a package, by its own lines, without those of extras that are not asked for."""
    from packaging.requirements import Requirement

    for line in lines:
        one = Requirement(line)
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in (*extras, "")):
            yield one


def _wanted(case: Case) -> Iterator[Requirement]:
    """What this stockml needs: by the checkout's own setup.cfg, else by what was installed."""
    extras = set()
    if "sample" in case.rules.data.providers:
        extras.add("sample")
    if any(one.get("type") == "apprise" for one in case.rules.alerts.channels):
        extras.add("alerts")
    if CHECKOUT.is_file():
        read = configparser.ConfigParser(interpolation=None)
        read.read(CHECKOUT, encoding="utf-8")
        lines = read["options"]["install_requires"].split("\n")
        for extra in extras:
            lines += read["options.extras_require"][extra].split("\n")
        return requirements([line for line in lines if line.strip()], set())
    return requirements(importlib.metadata.requires("stockml") or [], extras)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _broken(probes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(what is wrong, what to do) of each library that does not load."""
    running = {
        name: subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for name, code in probes.items()
    }
    for name, child in running.items():
        try:
            said = child.communicate(timeout=LIMIT_S)[1].decode(errors="replace").strip()
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            yield f"{name} did not load within {LIMIT_S:g} seconds", "look at the machine's load, then run this again"
            continue
        if child.returncode:
            last = said.splitlines()[-1] if said else f"its process ended with {child.returncode}"
            yield f"{name} does not load: {last}", _remedy(name, last)


def _remedy(name: str, said: str) -> str:
    if "libgomp" in said:
        return "apt-get install libgomp1 (dnf install libgomp): LightGBM needs the OpenMP library"
    return f"{_pip()} install --force-reinstall --no-cache-dir {name}"


def _pip() -> str:
    return f"{sys.executable} -m pip"
