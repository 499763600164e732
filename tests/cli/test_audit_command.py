"""The command `audit`: exit status, JSON, screen, and a feature that sees the future caught by the real command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import _fleet
import pytest


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bars = _fleet.fleet(5, 1100, days=_fleet.exchange_days(1100), edge=0.0)
    made = _fleet.csv_home(tmp_path_factory.mktemp("audit"), bars)
    path = made / "persistent_data" / "ml_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "features": {"families": ["price", "momentum"]}}))
    return made


def test_the_real_procedure_passes_with_exit_0_and_is_recorded(home: Path) -> None:
    result = _fleet.result("audit", "--as-of", "2019-12-20", home=home)
    assert result["passed"] is True and result["verdict"] == "passed"
    assert result["control"]["planted"] == result["control"]["caught"] > 5
    assert {one["passed"] for one in result["checks"]} == {True}
    assert result["subject"]["symbols"] == ["AAA", "BBB", "CCC", "DDD"]


def test_too_few_bars_are_inconclusive_with_exit_1_and_say_so(home: Path) -> None:
    ran = _fleet.stockml("audit", "DDD", "--model", "naive", "--as-of", "2019-12-20", home=home)
    assert ran.returncode == 1
    assert "cannot tell" in ran.stdout and "inconclusive:" in ran.stdout and "too few" in ran.stdout
    assert "planted leaks were caught" in ran.stdout


def test_a_feature_that_sees_the_future_fails_the_audit_by_name(home: Path) -> None:
    """A family function is replaced before the command starts, as an edited file would be."""
    code = (
        "import sys, dataclasses, numpy as np\n"
        "from stockml.features import catalogue\n"
        "names = catalogue.families(); group = catalogue._declared['momentum'][0]\n"
        "plain = group.compute\n"
        "def leaking(series):\n"
        "    made = plain(series)\n"
        "    made = (made,) if isinstance(made, np.ndarray) else made\n"
        "    return tuple(np.roll(one, -1) for one in made)\n"
        "catalogue._declared['momentum'][0] = dataclasses.replace(group, compute=leaking)\n"
        "from stockml.cli import main; main(sys.argv[1:])"
    )
    words = ["--home", str(home), "audit", "--as-of", "2019-12-20"]
    ran = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"},
    )  # fmt: skip
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "features" in ran.stdout and "FAILED" in ran.stdout and "failed: features:" in ran.stdout


@pytest.mark.parametrize("words", [("ZZZ",), ("--model", "nonsense")])
def test_what_is_not_there_is_wrong_usage(words: tuple[str, ...], home: Path) -> None:
    assert _fleet.stockml("audit", *words, home=home).returncode == 2
