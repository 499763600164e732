"""Completion as shells ask for it: commands, options, and the workspace's own words, whatever state it is in."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SYMBOLS = ["AAPL", "BRK-B", "^NSEI"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A workspace in a folder with a blank in its name, with one version of one symbol, a job and a channel."""
    folder = tmp_path / "my fleet"
    (folder / "persistent_data/ml_models/AAPL/versions/20130301T213000Z-fa3e3e").mkdir(parents=True)
    wanted = {
        "symbols": SYMBOLS, "schedule": {"jobs": {"mine": {"when": "0 1 * * *", "command": ["status"]}}},
        "alerts": {"channels": [{"type": "log", "name": "diary"}]},
    }  # fmt: skip
    (folder / "persistent_data/ml_config.json").write_text(json.dumps(wanted))
    return folder


def environment(folder: Path, **more: str) -> dict[str, str]:
    """A user's environment with a `stockml` on PATH that runs this source."""
    program = folder / "bin/stockml"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m stockml "$@"\n')
    program.chmod(0o755)
    path = os.environ.get("PATH", os.defpath)
    return {**os.environ, "PATH": f"{program.parent}:{path}", "HOME": str(folder), **more}


def offered(line: str, folder: Path, **more: str) -> list[str]:
    """What bash is offered for the last word of a line, as kind,value where the kind is not plain."""
    words = shlex.split(line) + ([""] if line.endswith(" ") else [])
    ran = subprocess.run(
        ["stockml"], capture_output=True, text=True, timeout=60, check=False, cwd=folder,
        env=environment(folder, _STOCKML_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1),
                        **more),
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    return [one.removeprefix("plain,") for one in ran.stdout.splitlines() if one]


@pytest.mark.parametrize(("line", "words"), [
    ("stockml quick", ["quick-train"]), ("stockml data f", ["fetch"]), ("stockml train --dry", ["--dry-run"]),
    ("stockml --as-of 2013-03-01 ledger ", ["export", "verify"]),
    ("stockml status --state st", ["stale"]), ("stockml data export --format ", ["csv", "parquet"]),
    ("stockml data export --to ", ["dir,"]), ("stockml --home ", ["dir,"]), ("stockml data import p", ["file,p"]),
    ("stockml monitor --report ", ["file,"]),
    ("stockml config set triggers.ev", ["triggers.evidence"]), ("stockml nonsense x", []),
])  # fmt: skip
def test_commands_options_choices_and_places_need_no_workspace(line: str, words: list[str], tmp_path: Path) -> None:
    assert offered(line, tmp_path) == words


@pytest.mark.parametrize(("line", "words"), [
    ("stockml --home {} why ", SYMBOLS), ("stockml --home {} why b", ["BRK-B"]), ("stockml --home={} why a", ["AAPL"]),
    ("stockml train AAPL --home {} ", ["BRK-B", "^NSEI"]), ("stockml train --home {} AAPL ^NSEI ", ["BRK-B"]),
    ("stockml --home {} --as-of 2013-03-01 data check ^", ["^NSEI"]),
    ("stockml --home {} promote AAPL ", ["20130301T213000Z-fa3e3e"]), ("stockml --home {} promote ../x ", []),
    ("stockml --home {} alerts test d", ["diary"]), ("stockml --home {} schedule test mi", ["mine"]),
    ("stockml --home {} schedule run fore", ["forecasts"]), ("stockml --home {} backup restore b", ["BRK-B"]),
])  # fmt: skip
def test_symbols_versions_and_channels_are_those_of_the_workspace_that_the_line_names(
    line: str, words: list[str], home: Path, tmp_path: Path
) -> None:
    assert offered(line.format(shlex.quote(str(home))), tmp_path) == words


def test_the_workspace_is_found_as_commands_find_it(home: Path, tmp_path: Path) -> None:
    assert offered("stockml why A", tmp_path, STOCKML_HOME=str(home)) == ["AAPL"]
    assert offered("stockml versions ", home) == SYMBOLS


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"symbols": 7}', b'{"schedule": []}', b"\xff"])
def test_a_missing_or_damaged_configuration_is_no_reason_to_speak_up(content: bytes | None, home: Path) -> None:
    file = home / "persistent_data/ml_config.json"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    offered("stockml --home . why ", home)  # asserts exit status 0 and silence
    assert offered("stockml --home . alerts test ", home) == []


def test_control_characters_of_a_configuration_do_not_reach_the_terminal(home: Path) -> None:
    (home / "persistent_data/ml_config.json").write_text(json.dumps({"symbols": ["\x1b[31mRED", "AAPL", "A\nB"]}))
    assert offered("stockml why ", home) == ["AAPL"]


def test_bash_itself_completes_a_symbol_of_a_workspace_with_a_blank_in_its_name(home: Path, tmp_path: Path) -> None:
    script = f"""
    eval "$(_STOCKML_COMPLETE=bash_source stockml)"
    complete -p stockml || exit 9
    COMP_WORDS=(stockml --home {shlex.quote(shlex.quote(str(home)))} why B); COMP_CWORD=4
    _stockml_completion stockml
    printf '<%s>' "${{COMPREPLY[@]}}"
    """
    ran = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False, env=environment(tmp_path)
    )
    assert ran.stdout.endswith("<BRK-B>"), ran.stdout + ran.stderr


def test_fish_itself_completes_a_symbol(home: Path, tmp_path: Path) -> None:
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed")
    script = f"_STOCKML_COMPLETE=fish_source stockml | source; complete -C 'stockml --home \"{home}\" why B'"
    ran = subprocess.run(
        ["fish", "-c", script], capture_output=True, text=True, timeout=60, check=False, env=environment(tmp_path)
    )
    assert ran.stdout.split() == ["BRK-B"], ran.stdout + ran.stderr


def test_zsh_accepts_the_script_and_gets_the_symbols_with_it(home: Path, tmp_path: Path) -> None:
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    env = environment(tmp_path)
    made = subprocess.run(
        ["stockml"], capture_output=True, text=True, check=True, timeout=60,
        env={**env, "_STOCKML_COMPLETE": "zsh_source"},
    )  # fmt: skip
    file = tmp_path / "_stockml"
    file.write_text(made.stdout)
    assert subprocess.run(["zsh", "-n", str(file)], capture_output=True, check=False).returncode == 0
    line = f'stockml --home "{home}" why B'
    asked = subprocess.run(
        ["stockml"], capture_output=True, text=True, check=True, timeout=60,
        env={**env, "_STOCKML_COMPLETE": "zsh_complete", "COMP_WORDS": line, "COMP_CWORD": "4"},
    )  # fmt: skip
    assert asked.stdout.split("\n")[:2] == ["plain", "BRK-B"]
