"""The man pages that are made of the commands: one for each, complete, and without a fault by mandoc and groff."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stockml.cli import _man, _root


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pages") / "man 1"
    ran = subprocess.run(
        [sys.executable, "-m", "stockml.cli._man", str(made)], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout == f"{len(list(made.iterdir()))} pages in {made}\n"
    return made


def test_there_is_a_page_for_every_command_with_all_its_options(folder: Path) -> None:
    contexts = list(_man.commands(_man.context_of(_root(), None)))
    assert {f"{_man.name(one)}.1" for one in contexts} == {path.name for path in folder.iterdir()}
    assert {"stockml.1", "stockml-train.1", "stockml-data-fetch.1"} <= {path.name for path in folder.iterdir()}
    for one in contexts:
        text = (folder / f"{_man.name(one)}.1").read_text().replace(r"\-", "-")
        for param in one.command.get_params(one):
            if param.param_type_name == "option" and not getattr(param, "hidden", False):
                assert max(param.opts, key=len) in text, f"{one.command_path} {param.opts}"


def test_mandoc_has_no_warning(folder: Path) -> None:
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed")
    ran = subprocess.run(
        ["mandoc", "-Tlint", "-W", "warning", *map(str, folder.iterdir())], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


def test_groff_has_no_warning_and_options_can_be_searched(folder: Path) -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    for path in folder.iterdir():
        ran = subprocess.run(["groff", "-man", "-ww", "-Tutf8", str(path)], capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, ""), path.name
        assert "--home" in ran.stdout.replace("\x1b[1m", ""), "a hyphen of an option is the one on the keyboard"


def test_what_a_text_holds_is_never_taken_for_a_request() -> None:
    assert _man.safe(".so /etc/passwd") == r"\&.so /etc/passwd"
    assert _man.safe("'sh a\\b") == r"\(aqsh a\eb"
