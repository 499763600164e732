"""What is in the trash, and bringing it back."""

from __future__ import annotations

import contextlib
from typing import Any

from stockml import files
from stockml.cleanup import trash
from stockml.clock import recorded_at
from stockml.environment import Environment
from stockml.errors import BUSY, DONE, PARTIAL, BusyError, StockmlError, UsageError
from stockml.ledger import removals
from stockml.pipeline.cleaning import Cleaned, alone, keep, recorded

LIST = "'stockml clean --list-trash' tells what can be brought back"


def listed(env: Environment) -> dict[str, Any]:
    """What can be brought back, the newest first: of each clean-up its things, and the days they have left."""
    wall, kept = recorded_at(), env.config.cleanup.trash_days
    found = [
        {
            "id": entry.id, "at": entry.at, "age_days": round(entry.age_days(wall), 2),
            "days_left": round(max(0.0, kept - entry.age_days(wall)), 2),
            "things": [
                {key: getattr(one, key) for key in ("kind", "name", "bytes", "why")}
                for one in entry.items
                if one.number in entry.here
            ],
        }
        for entry in reversed(trash.entries(env.workspace))
        if entry.here
    ]  # fmt: skip
    return {"action": "list", "entries": found}


def undo(env: Environment, wanted: str) -> Cleaned:
    """Bring back what one clean-up moved to the trash, the newest if none is named; each thing under its lock.

    Raises `UsageError` if there is no such entry, `BusyError` if a clean-up runs.
    """
    with alone(env):
        entry = _entry(env, wanted)
        with recorded(env, "clean --undo") as (run, warnings):
            back, errors = _bring_back(env, entry)
            rows = [removals.Row(one.kind, one.name, one.bytes, "brought back by hand", entry.id) for one in back]
            keep(env, run, rows, warnings)
            busy = errors and not back and all(isinstance(error, BusyError) for error in errors)
            status = BUSY if busy else PARTIAL if errors else DONE
            if run is not None:
                run.status, run.summary = status, {"brought back": len(back), "left": len(errors)}
    restored = [{key: getattr(one, key) for key in ("kind", "name", "bytes", "why")} for one in back]
    failed = [{"name": error.symbol, "why": error.message} for error in errors]
    return Cleaned({"action": "undo", "id": entry.id, "restored": restored, "failed": failed}, status, errors, warnings)


def _entry(env: Environment, wanted: str) -> trash.Entry:
    found = [one for one in trash.entries(env.workspace) if one.here and wanted in ("", one.id)]
    if not found:
        what = f"there is no {wanted!r} in the trash" if wanted else "the trash is empty"
        raise UsageError(what, hint=LIST if wanted else "")
    return found[-1]


def _bring_back(env: Environment, entry: trash.Entry) -> tuple[list[trash.Item], list[StockmlError]]:
    wall = recorded_at()
    back: list[trash.Item] = []
    errors: list[StockmlError] = []
    for item in entry.items:
        if item.number not in entry.here:
            continue
        try:
            with contextlib.ExitStack() as held:
                if item.symbol:
                    path = env.workspace.symbol_folder(item.symbol) / "lock"
                    held.enter_context(files.lock(path, what="clean-up", symbol=item.symbol))
                entry = trash.give_back(entry, item, wall)
            back.append(item)
        except StockmlError as error:
            errors.append(error)
        except OSError as error:
            told = f"{item.name}: cannot be brought back ({error.strerror})"
            errors.append(StockmlError(told, symbol=item.symbol or item.origin, kind="disk"))
    return back, errors
