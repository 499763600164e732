"""Publication and promotion, with the process dying at every single disk call in turn."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import _fleet
import _mortal
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
import json
from datetime import datetime
from pathlib import Path
import _mortal
from stockml import files
from stockml.clock import Clock
from stockml.ledger import store as ledger_store
from stockml.store import pointers, versions
from stockml.workspace import Workspace

def act(template, home, die_at, moment, as_of, names):
    template, home, moment = Workspace(Path(template)), Workspace(Path(home)), datetime.fromisoformat(moment)
    clock, written = Clock(moment, moment.date() if as_of == "as_of" else None), {}
    ledger = ledger_store.connect(home.ledger_file)
    count = _mortal.arm(int(die_at))
    for symbol, version in json.loads(names).items():
        contents = versions.read(template, symbol, version)
        model_files = {name: text for name, text in contents.files.items() if name not in versions.REPORTS}
        reports = {name: contents.files[name] for name in versions.REPORTS}
        with files.lock(home.symbol_folder(symbol) / "lock", what=symbol, symbol=symbol):
            made = versions.publish(home, symbol, moment, model_files, reports, dict(contents.manifest), written)
            pointers.promote(home, ledger, symbol, made, clock, "train", "a test")
    return count()

_mortal.serve(act)
"""
Template = tuple[Workspace, dict[str, str], datetime]
Run = Callable[[Template, Path, int, str], tuple[int, int]]


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> list[Template]:
    """Two workspaces with one version of each symbol: an older and a newer one."""
    plan = _fleet.plan()
    inputs = _fleet.build(_fleet.fleet(), plan)
    made = []
    for cut, moment in ((900, _fleet.MOMENT), (1000, LATER)):
        workspace = Workspace(tmp_path_factory.mktemp(f"template{cut}"))
        model = training.fit(inputs, plan, cut, {})
        made.append((workspace, _fleet.publish(workspace, inputs, model, PAIR, moment), moment))
    return made


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """What publishes a template in a process of its own: (its exit status, the number of its disk calls)."""
    with _mortal.victims(CHILD) as victim:

        def run(template: Template, home: Path, die_at: int, as_of: str) -> tuple[int, int]:
            where, names, moment = template
            return victim(str(where.home), str(home), str(die_at), moment.isoformat(), as_of, json.dumps(names))

        yield run


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
    templates: list[Template], run: Run, tmp_path: Path, start: str, as_of: str
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
    status, calls = run(newer, tmp_path / "whole", 0, as_of)
    assert status == 0 and calls > 40, "the enumeration sees the calls"
    assert_finished(Workspace(tmp_path / "whole"), newer[1], previous, at_end)
    for die_at in range(1, calls + 1):
        home = tmp_path / str(die_at)
        shutil.copytree(begin, home)
        assert run(newer, home, die_at, as_of)[0] == _mortal.DEAD
        assert_invariants(Workspace(home))
        assert run(newer, home, 0, as_of)[0] == 0
        assert_finished(Workspace(home), newer[1], previous, at_end)
        shutil.rmtree(home)


def test_a_file_cut_short_behind_the_stores_back_is_refused(
    templates: list[Template], tmp_path: Path
) -> None:
    """The positive control of `assert_invariants`."""
    shutil.copytree(templates[0][0].home, tmp_path / "home")
    workspace = Workspace(tmp_path / "home")
    path = versions.folder(workspace, "AAA", templates[0][1]["AAA"]) / "report.json"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError):
        assert_invariants(workspace)


WRITES = """
import os, _mortal

def act(path, die_at):
    handle, count = os.open(path, os.O_WRONLY | os.O_CREAT), _mortal.arm(int(die_at))
    os.write(handle, b"0123456789")
    return count()

_mortal.serve(act)
"""


def test_a_death_in_a_write_leaves_half_of_it(tmp_path: Path) -> None:
    """The positive control of the deaths."""
    with _mortal.victims(WRITES) as victim:
        assert victim(str(tmp_path / "dead"), "1") == (_mortal.DEAD, 0)
        assert victim(str(tmp_path / "alive"), "0") == (0, 1)
    assert [(tmp_path / name).read_bytes() for name in ("dead", "alive")] == [b"01234", b"0123456789"]
