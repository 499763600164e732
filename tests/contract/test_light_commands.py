"""Light commands stay light: a fresh interpreter for each, and the list of what it imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import _fleet
import pytest

from stockml.clock import from_day

HEAVY = {
    "pandas", "sklearn", "scipy", "lightgbm", "yfinance", "matplotlib", "exchange_calendars", "pydantic", "textual",
}  # fmt: skip
LIGHT = (  # without numpy too
    "--help", "--version", "train --help", "config show", "versions AAA", "status", "--json status", "status --plain",
    "status --legend", "explain ece", "alerts list", "doctor", "why AAA", "history AAA", "logs", "train --dry-run",
    "ledger verify", "ledger export", "schedule show", "schedule check", "schedule run settling --due", "backup list",
    "backup create", "clean --dry-run", "clean --list-trash",
)  # fmt: skip
WITH_NUMPY = ("predict", "settle", "dashboard --snapshot")  # a first settlement validates the configuration too
TOLD = """
import atexit, os, sys
atexit.register(lambda: os.write(3, " ".join(sorted(name for name in sys.modules if "." not in name)).encode()))
from stockml.cli import main
main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A trained workspace that has forecast once, so that nothing is fetched or cached for the first time."""
    days = _fleet.exchange_days(840)
    home = _fleet.csv_home(
        tmp_path_factory.mktemp("light"), _fleet.fleet(count=840, days=days, symbols=("AAA", "BBB", "CCC"))
    )
    session = from_day(int(days[-1])).isoformat()
    for command in ("train", "predict"):
        _fleet.result(command, "--as-of", session, home=home)
    return home, session


def imported(words: list[str], home: Path) -> tuple[int, set[str], str]:
    """(exit status, top-level modules loaded at the end, what it said)."""
    read, write = os.pipe()
    try:
        ran = subprocess.run(
            [sys.executable, "-c", f"import os; os.dup2({write}, 3)\n" + TOLD, *words, "--home", str(home)],
            pass_fds=(write,), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        os.close(write)
        write = -1
        with os.fdopen(os.dup(read)) as pipe:
            return ran.returncode, set(pipe.read().split()), ran.stdout + ran.stderr
    finally:
        os.close(read)
        if write >= 0:
            os.close(write)


@pytest.mark.parametrize("line", [*LIGHT, *WITH_NUMPY])
def test_a_light_command_loads_nothing_heavy(trained: tuple[Path, str], line: str) -> None:
    home, session = trained
    status, found, said = imported([*line.split(), *([] if "--help" in line else ["--as-of", session])], home)
    assert status in (0, 1), said
    assert "click" in found, "the list of modules is complete"
    assert not found & (HEAVY - {"pydantic"} if line in WITH_NUMPY else HEAVY | {"numpy"}), said


def test_the_measurement_notices_what_is_heavy(trained: tuple[Path, str]) -> None:
    _, found, _ = imported(["train", "--all", "--as-of", trained[1]], trained[0])
    assert {"numpy", "lightgbm"} <= found
