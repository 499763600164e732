"""A damaged champion at the command line: refused by name, with a remedy, and never a number."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import _fleet
import pytest

from stockml.clock import from_day
from stockml.store import versions
from stockml.workspace import Workspace

SYMBOLS = ("AAA", "BBB", "CCC")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    days = _fleet.exchange_days(840)
    bars = _fleet.fleet(count=840, days=days, symbols=SYMBOLS)
    home = _fleet.csv_home(tmp_path_factory.mktemp("refusals") / "home", bars)
    session = from_day(int(days[-1])).isoformat()
    _fleet.result("train", "--all", "--as-of", session, home=home)
    return home, session


def altered(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


def linked(folder: Path) -> None:
    shutil.move(folder / "parameters.json", folder.parents[2] / "away.json")
    (folder / "parameters.json").symlink_to(folder.parents[2] / "away.json")


def made_a_folder(folder: Path) -> None:
    (folder / "direction-1.lgb.txt").unlink()
    (folder / "direction-1.lgb.txt").mkdir()


def exchanged(folder: Path) -> None:
    other = folder.parents[2] / "BBB" / "versions" / folder.name
    shutil.rmtree(folder)
    shutil.copytree(other, folder)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "tree text truncated": altered("direction-1.lgb.txt", lambda text: text[: len(text) // 2]),
    "tree text with one digit changed": altered(
        "direction-5.lgb.txt", lambda text: text.replace(b"leaf_value=0", b"leaf_value=1", 1)
    ),
    "tree text grown": altered("direction-1.lgb.txt", lambda text: text + b"\n"),
    "regression weight altered": altered("direction-1.logit.json", lambda text: text.replace(b"1", b"2", 1)),
    "parameters zeroed": altered("parameters.json", lambda text: bytes(len(text))),
    "manifest with a bit flipped": altered("manifest.json", lambda text: text[:50] + bytes([text[50] ^ 1]) + text[51:]),
    "manifest empty": altered("manifest.json", lambda text: b""),
    "report altered": altered("report.json", lambda text: text.replace(b"0", b"1", 1)),
    "file deleted": lambda folder: os.unlink(folder / "direction-5.logit.json"),
    "foreign file": lambda folder: (folder / "model.pkl").write_bytes(b"\x80\x04."),
    "link in place of a file": linked,
    "folder in place of a file": made_a_folder,
    "folder of another symbol": exchanged,
    "version gone": lambda folder: shutil.rmtree(folder),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_predict_refuses_a_damaged_champion_by_name_and_answers_for_the_others(
    trained: tuple[Path, str], tmp_path: Path, damage: str
) -> None:
    shutil.copytree(trained[0], tmp_path / "home")
    home, as_of = tmp_path / "home", ("--as-of", trained[1])
    workspace = Workspace(home)
    (version,) = versions.names(workspace, "AAA")
    DAMAGES[damage](versions.folder(workspace, "AAA", version))
    ran = _fleet.stockml("--json", "predict", "--offline", *as_of, home=home)
    assert ran.returncode == 1, ran.stderr
    told = json.loads(ran.stdout)
    assert [(one["symbol"], one["kind"]) for one in told["errors"]] == [("AAA", "model")]
    assert version in told["errors"][0]["message"] and "stockml rollback AAA" in told["errors"][0]["hint"]
    numbers = {one["symbol"] for one in told["result"]["forecasts"] if one["price"] is not None}
    assert "AAA" not in numbers and "CCC" in numbers
    shown = _fleet.stockml("predict", "AAA", "--offline", *as_of, home=home)
    assert shown.returncode == 1 and "Traceback" not in shown.stderr + shown.stdout
    assert "error: AAA" in shown.stderr and "stockml rollback AAA" in shown.stderr


def test_training_again_repairs_a_damaged_champion_and_gives_its_numbers_back(
    trained: tuple[Path, str], tmp_path: Path
) -> None:
    shutil.copytree(trained[0], tmp_path / "home")
    home, as_of = tmp_path / "home", ("--as-of", trained[1])
    wanted = _fleet.result("predict", *as_of, home=trained[0])["forecasts"]
    (version,) = versions.names(Workspace(home), "AAA")
    DAMAGES["tree text truncated"](versions.folder(Workspace(home), "AAA", version))
    _fleet.result("train", "AAA", "--force", *as_of, home=home)
    found = _fleet.result("predict", *as_of, home=home)["forecasts"]
    assert [one["price"] for one in found] == [one["price"] for one in wanted]
    assert [one["probability_up"] for one in found] == [one["probability_up"] for one in wanted]
