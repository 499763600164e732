"""Publication and promotion, with the process dying at every single disk call in turn."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import _fleet
import pytest

from stockml import training
from stockml.clock import Clock
from stockml.errors import ModelError
from stockml.ledger import store as ledger_store
from stockml.store import golden, pointers, versions
from stockml.workspace import Workspace

PAIR = ("AAA", "BBB")
LATER = _fleet.MOMENT + timedelta(days=3)

# Publishes copies of a template's versions and promotes them; dies at disk call n. 0: never.
CHILD = """
import json, os, sys
from datetime import datetime
from pathlib import Path
from stockml import files
from stockml.clock import Clock
from stockml.ledger import store as ledger_store
from stockml.store import pointers, versions
from stockml.workspace import Workspace

template, home, die_at, moment, as_of, names = Workspace(Path(sys.argv[1])), Workspace(Path(sys.argv[2])), *sys.argv[3:]
moment, count = datetime.fromisoformat(moment), 0
clock = Clock(moment, moment.date() if as_of == "as_of" else None)

def mortal(call, counts=lambda *a, **k: True):
    def wrapper(*words, **more):
        global count
        if counts(*words, **more):
            count += 1
            if count == int(die_at):
                if call is os.write:
                    call(words[0], bytes(words[1])[: len(words[1]) // 2])
                os._exit(137)
        return call(*words, **more)
    return wrapper

ledger = ledger_store.connect(home.ledger_file)
for name in ("write", "replace", "rename", "fsync", "link", "mkdir", "unlink", "rmdir"):
    setattr(os, name, mortal(getattr(os, name)))
os.open = mortal(os.open, lambda path, flags, *more, **named: flags & (os.O_WRONLY | os.O_RDWR))
written = {}
for symbol, version in json.loads(names).items():
    contents = versions.read(template, symbol, version)
    model_files = {name: text for name, text in contents.files.items() if name not in versions.REPORTS}
    reports = {name: contents.files[name] for name in versions.REPORTS}
    with files.lock(home.symbol_folder(symbol) / "lock", what=symbol, symbol=symbol):
        made = versions.publish(home, symbol, moment, model_files, reports, dict(contents.manifest), written)
        pointers.promote(home, ledger, symbol, made, clock, "train", "a test")
print(count)
"""


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Workspace, dict[str, str], datetime]]:
    """Two workspaces with one version of each symbol: an older and a newer one."""
    plan = _fleet.plan()
    inputs = _fleet.build(_fleet.fleet(), plan)
    made = []
    for cut, moment in ((900, _fleet.MOMENT), (1000, LATER)):
        workspace = Workspace(tmp_path_factory.mktemp(f"template{cut}"))
        model = training.fit(inputs, plan, cut, {})
        made.append((workspace, _fleet.publish(workspace, inputs, model, PAIR, moment), moment))
    return made


def run(template: tuple[Workspace, dict[str, str], datetime], home: Path, die_at: int, as_of: str) -> tuple[int, str]:
    words = (str(template[0].home), str(home), str(die_at), template[2].isoformat(), as_of, json.dumps(template[1]))
    ran = subprocess.run([sys.executable, "-c", CHILD, *words], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode in (0, 137), ran.stderr
    return ran.returncode, ran.stdout.strip()


def assert_invariants(workspace: Workspace) -> None:
    """What holds at any moment: a visible version is whole, and live.json names visible ones or is not there."""
    for symbol in PAIR:
        visible = versions.names(workspace, symbol)
        for version in visible:
            golden.load(versions.read(workspace, symbol, version))
        live = pointers.read(workspace, symbol)
        if live is not None:
            assert live["champion"] in visible and live["previous"] in (None, *visible)


def assert_finished(workspace: Workspace, made: dict[str, str], previous: dict[str, str | None], clock: Clock) -> None:
    assert_invariants(workspace)
    ledger = ledger_store.connect(workspace.ledger_file)
    for symbol, version in made.items():
        live, log = pointers.read(workspace, symbol), pointers.as_of(workspace, ledger, symbol, clock)
        assert live is not None and log is not None
        assert (live["champion"], live["previous"]) == (version, previous[symbol])
        assert (log["champion"], log["previous"]) == (version, previous[symbol]), "file and log tell the same"
        left = sorted(os.listdir(workspace.symbol_folder(symbol) / "versions"))
        assert left == versions.names(workspace, symbol), "nothing half-made is left behind"
    ledger.close()


@pytest.mark.parametrize("as_of", ["as_of", "live"])
@pytest.mark.parametrize("start", ["empty", "second version"])
def test_a_death_at_any_disk_call_leaves_whole_versions_and_the_next_run_finishes(
    templates: list[tuple[Workspace, dict[str, str], datetime]], tmp_path: Path, start: str, as_of: str
) -> None:
    older, newer = templates
    begin = tmp_path / "begin"
    begin.mkdir()
    if start == "second version":
        assert run(older, begin, 0, as_of)[0] == 0
    else:
        ledger_store.connect(Workspace(begin).ledger_file).close()
    previous: dict[str, str | None] = dict(older[1]) if start == "second version" else dict.fromkeys(PAIR)
    at_end = Clock(newer[2], newer[2].date())
    shutil.copytree(begin, tmp_path / "whole")
    status, told = run(newer, tmp_path / "whole", 0, as_of)
    assert status == 0 and int(told) > 40, "the enumeration sees the calls"
    assert_finished(Workspace(tmp_path / "whole"), newer[1], previous, at_end)
    for die_at in range(1, int(told) + 1):
        home = tmp_path / str(die_at)
        shutil.copytree(begin, home)
        assert run(newer, home, die_at, as_of)[0] == 137
        assert_invariants(Workspace(home))
        assert run(newer, home, 0, as_of)[0] == 0
        assert_finished(Workspace(home), newer[1], previous, at_end)
        shutil.rmtree(home)


def test_a_file_cut_short_behind_the_stores_back_is_refused(
    templates: list[tuple[Workspace, dict[str, str], datetime]], tmp_path: Path
) -> None:
    """The positive control of `assert_invariants`."""
    shutil.copytree(templates[0][0].home, tmp_path / "home")
    workspace = Workspace(tmp_path / "home")
    path = versions.folder(workspace, "AAA", templates[0][1]["AAA"]) / "report.json"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError):
        assert_invariants(workspace)
