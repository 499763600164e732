"""Promotion, challenge and rollback without end, killed at random moments: there is always one valid champion."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import _fleet
import pytest

from stockml import training
from stockml.clock import Clock
from stockml.ledger import facts
from stockml.ledger import store as ledger_store
from stockml.store import golden, pointers, versions
from stockml.workspace import Workspace

BEGIN = datetime(2019, 12, 21, tzinfo=UTC)

# Moves the pointers of AAA round and round, a second of its clock apart, until it is killed.
CHILD = """
import itertools, sys
from datetime import datetime, timedelta
from pathlib import Path
from stockml import files
from stockml.clock import Clock
from stockml.ledger import store as ledger_store
from stockml.store import pointers
from stockml.workspace import Workspace

workspace, begin, names = Workspace(Path(sys.argv[1])), datetime.fromisoformat(sys.argv[2]), sys.argv[3:]
ledger = ledger_store.connect(workspace.ledger_file)
print("ready", flush=True)
for turn in itertools.count():
    clock, step = Clock(begin + timedelta(seconds=turn)), turn % 4
    with files.lock(workspace.symbol_folder("AAA") / "lock", what="AAA", symbol="AAA"):
        if step == 1:
            pointers.challenge(workspace, ledger, "AAA", names[turn % 3], clock, "train", "waits")
        elif step == 3:
            before = pointers.read(workspace, "AAA")["previous"]
            pointers.promote(workspace, ledger, "AAA", before, clock, "by hand", "rollback")
        else:
            pointers.promote(workspace, ledger, "AAA", names[turn % 3], clock, "train", "passed", {"n": turn})
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A workspace with three versions of AAA, the first of them champion, the second previous."""
    plan = _fleet.plan(horizons=(1,), folds=1, windows=1)
    inputs = _fleet.build(_fleet.fleet(), plan)
    workspace = Workspace(tmp_path_factory.mktemp("template"))
    made = []
    for day, cut in enumerate((900, 950, 1000)):
        moment = _fleet.MOMENT - timedelta(days=3 - day)
        made.append(_publish(workspace, inputs, training.fit(inputs, plan, cut, {}), moment))
    ledger = ledger_store.connect(workspace.ledger_file)
    for turn, version in enumerate((made[1], made[0])):
        moment = Clock(_fleet.MOMENT + timedelta(hours=turn))
        pointers.promote(workspace, ledger, "AAA", version, moment, "train", "begin")
    ledger.close()
    return workspace.home, made


def _publish(workspace: Workspace, inputs: object, model: object, moment: datetime) -> str:
    from stockml import files
    from stockml.clock import stamp

    model_files = {versions.PARAMETERS: files.canonical_json(model.parameters) + b"\n", **model.files}
    manifest = {"made_at": stamp(moment), "golden": golden.make(inputs, model, "AAA"), "horizons": [1]}
    return versions.publish(workspace, "AAA", moment, model_files, {}, manifest, {})


def kill_once(template: tuple[Path, list[str]], home: Path, seed: int) -> None:
    begin, made = template
    shutil.copytree(begin, home)
    words = [sys.executable, "-c", CHILD, str(home), BEGIN.isoformat(), *made]
    victim = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert victim.stdout is not None and victim.stdout.readline() == "ready\n"
    time.sleep(random.Random(seed).random() * 0.15)
    victim.kill()
    victim.wait()
    workspace = Workspace(home)
    live = pointers.read(workspace, "AAA")
    assert live is not None, "a champion once deployed never goes"
    assert live["champion"] in made and live["previous"] in made and live["previous"] != live["champion"]
    assert live["challenger"] in (None, *made) and live["challenger"] != live["champion"]
    golden.load(versions.read(workspace, "AAA", live["champion"]))
    golden.load(versions.read(workspace, "AAA", live["previous"]))
    ledger = ledger_store.connect(workspace.ledger_file)
    later = Clock(BEGIN + timedelta(days=30))
    pointers.promote(workspace, ledger, "AAA", live["previous"], later, "by hand", "after the crash")
    log = [*facts.promotions(ledger, "AAA", "2020-12-31T00:00:00Z", 10_000)][::-1]
    ledger.close()
    assert (log[-1]["champion"], log[-1]["previous"]) == (live["previous"], live["champion"])
    assert log[-2]["champion"] == live["champion"], "the log tells of the champion that the file had"
    moved = [one for one in log if one["who"] == "train" and one["figures"]]
    assert all(one["reason"] == "passed" for one in moved)


@pytest.mark.parametrize("seed", range(10))
def test_a_kill_leaves_one_valid_champion_and_the_way_back(
    template: tuple[Path, list[str]], tmp_path: Path, seed: int
) -> None:
    kill_once(template, tmp_path / "home", seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 300))
def test_two_hundred_kills_leave_one_valid_champion_and_the_way_back(
    template: tuple[Path, list[str]], tmp_path: Path, seed: int
) -> None:
    kill_once(template, tmp_path / "home", seed)
