"""Runs wrappers.bats, one test here for each of its tests, where bats is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).with_name("wrappers.bats")
NAMES = re.findall(r'^@test "(.*)" \{$', FILE.read_text(), re.M)
WRAPPERS = {
    "enhanced_training.sh", "manage_ml_models.sh", "monitor_performance.sh", "setup_cron_jobs.sh", "dashboard.sh",
}  # fmt: skip


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """What bats said of each test, by its name: one line of TAP, and the remarks below it."""
    if shutil.which("bats") is None:
        pytest.skip("bats is not installed (apt-get install bats)")
    environment = {**os.environ, "STOCKML_TEST_PYTHON": sys.executable}
    ran = subprocess.run(
        ["bats", "--formatter", "tap", str(FILE)], capture_output=True, text=True, timeout=120, check=False,
        env=environment,
    )  # fmt: skip
    found = re.findall(r"^((?:not )?ok) \d+ (.*?)( # skip.*)?$((?:\n#.*)*)", ran.stdout, re.M)
    assert found, ran.stdout + ran.stderr
    return {name: state + skipped + remarks for state, name, skipped, remarks in found}


@pytest.mark.parametrize("name", NAMES)
def test_bats(told: dict[str, str], name: str) -> None:
    assert name in told, f"bats did not run it; it ran {sorted(told)}"
    if "# skip" in told[name]:
        pytest.skip(told[name].partition("# skip")[2].strip())
    assert told[name].startswith("ok"), told[name]


def test_there_are_the_wrappers_that_people_know_and_all_can_be_run() -> None:
    folder = FILE.parents[2] / "bin"
    assert {path.name for path in folder.glob("*.sh")} == WRAPPERS
    assert all(os.access(path, os.X_OK) for path in folder.iterdir())
