"""The arrows between rooms point one way: every import inside the package is read and looked up."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import stockml

ROOT = Path(stockml.__file__).parent
ANYWHERE = {"arrays", "evidence", "pace"}  # names of types, constants of tests, how progress is told; nothing else
FOUNDATION = {"errors", "clock", "files", "symbols", "workspace", "registry", "credentials"}

# Room (first part of a module's name) -> rooms it may import besides itself.
MAY_IMPORT: dict[str, set[str]] = {
    "arrays": set(), "evidence": set(), "pace": set(), "glossary": set(),
    "errors": set(), "clock": {"errors"}, "files": {"errors"}, "symbols": {"errors"}, "workspace": {"errors"},
    "registry": {"errors"}, "credentials": {"errors"}, "processes": set(), "space": {"errors"},
    "logbook": {"files", "clock", "workspace"},
    "config": FOUNDATION | {"bars", "models", "schedule"},  # which sources, recipes and jobs there are
    "schedule": FOUNDATION | {"alerts", "bars", "config", "environment", "ledger", "logbook"},
    "ledger": {"errors", "files", "clock"},
    "bars": FOUNDATION | {"config"},
    "features": {"errors", "bars"},
    "targets": set(),
    "models": {"errors", "files", "registry", "bars", "features", "targets"},
    "evaluation": {"errors", "models", "targets"},
    "training": {"evaluation", "models", "targets"},
    "tuning": {"evaluation", "models", "training"},
    "importance": {"evaluation", "features", "models", "training"},
    "audit": {"errors", "files", "clock", "registry", "bars", "features", "models", "evaluation", "training"},
    "gate": {"errors", "config"}, "triggers": {"errors", "config"},
    "monitor": FOUNDATION | {
        "alerts", "bars", "config", "environment", "evaluation", "ledger", "processes", "schedule", "space",
        "store",
    },
    "doctor": FOUNDATION | {
        "alerts", "backup", "bars", "cleanup", "config", "environment", "ledger", "processes", "schedule", "space",
        "store",
    },
    "store": {"errors", "files", "clock", "workspace", "ledger", "models"},
    "forecasts": {"errors", "files", "clock", "bars", "features", "models", "targets", "store", "ledger"},
    "execution": {"errors"},
    "replay": FOUNDATION | {"audit", "bars", "config", "environment", "evaluation", "forecasts", "ledger", "models",
                            "monitor", "pipeline", "schedule", "training"},
    "environment": {"bars", "clock", "config", "errors", "ledger", "workspace"},
    "alerts": FOUNDATION | {"config", "environment", "ledger", "logbook"},
    "backup": FOUNDATION | {"bars", "config", "environment", "ledger", "space", "store"},
    "cleanup": FOUNDATION | {"backup", "config", "environment", "ledger", "processes", "space", "store"},
    "dashboard": FOUNDATION | {
        "bars", "environment", "glossary", "ledger", "logbook", "pipeline", "processes", "view",
    },
    "view": {"errors", "space"},
}  # fmt: skip
LIGHT_DOORS = {  # rooms of which another may use one module only
    ("gate", "config"): {"config.schema"}, ("triggers", "config"): {"config.schema"},
    ("alerts", "config"): {"config.channels"}, ("alerts", "ledger"): {"ledger.alerts", "ledger.store"},
    ("bars", "config"): {"config.schema"}, ("features", "bars"): {"bars.series"}, ("models", "bars"): {"bars.series"},
    ("audit", "bars"): {"bars.series"}, ("backup", "bars"): {"bars.store"},
    ("config", "bars"): {"bars.sources"}, ("config", "schedule"): {"schedule.jobs"},
    ("config", "models"): {"models.recipes", "models.recipe"},
    ("forecasts", "bars"): {"bars.series", "bars.calendar", "bars.store", "bars.reader", "bars.actions"},
}  # fmt: skip
CLOCK_CALLS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
WRITES = {"write_text", "write_bytes", "unlink", "rename", "rmtree", "touch", "symlink_to"}
WRITERS = {"files", "cli._frame", "config.load"}  # the last drops a cache of its own


def module_of(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__").removesuffix("__init__")


MODULES = {module_of(path): ast.parse(path.read_text()) for path in sorted(ROOT.rglob("*.py"))}


def imports(tree: ast.AST) -> set[str]:
    """The modules of ours that a source imports anywhere, without the leading `stockml.`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names if one.name.startswith("stockml.")}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where an arrow points"
            for one in node.names:
                whole = f"{node.module}.{one.name}"
                if whole.startswith("stockml."):
                    found.add(whole if whole.removeprefix("stockml.") in MODULES else str(node.module))
    return {name.removeprefix("stockml.") for name in found if name != "stockml"}


def test_the_reader_of_imports_sees_the_ways_to_write_one() -> None:
    source = "import stockml.files\nfrom stockml import gate\nfrom stockml.bars import store\n"
    source += "from stockml.clock import stamp"
    assert imports(ast.parse(source)) == {"files", "gate", "bars.store", "clock"}


@pytest.mark.parametrize("module", MODULES)
def test_a_room_imports_only_what_its_row_allows(module: str) -> None:
    room = module.split(".")[0]
    for target in imports(MODULES[module]):
        aim = target.split(".")[0]
        if aim == "cli":
            assert room in ("cli", "__main__"), f"{module} imports {target}: nobody imports the command line"
        if aim == room or aim in ANYWHERE or room not in MAY_IMPORT:
            continue
        assert aim in MAY_IMPORT[room], f"{module} imports {target}"
        doors = LIGHT_DOORS.get((room, aim))
        assert doors is None or any(target == door or target.startswith(door + ".") for door in doors), (
            f"{module} imports {target}; of {aim} it may use {sorted(doors or ())}"
        )


@pytest.mark.parametrize("module", MODULES)
def test_only_the_clock_asks_the_machine_for_the_time(module: str) -> None:
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            assert module == "clock" or (owner, node.attr) not in CLOCK_CALLS, f"line {node.lineno}"


@pytest.mark.parametrize("module", sorted(set(MODULES) - WRITERS))
def test_only_the_files_room_changes_files(module: str) -> None:
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in WRITES, f"{module} line {node.lineno}: {node.func.attr}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
            mode = node.args[1] if len(node.args) > 1 else None
            assert mode is None or (isinstance(mode, ast.Constant) and set(str(mode.value)) <= set("rbt")), node.lineno
