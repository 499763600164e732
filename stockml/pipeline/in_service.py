"""The champions as of the clock, and what is wrong with the files of those that cannot serve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from stockml.clock import stamp
from stockml.environment import Environment
from stockml.errors import ModelError
from stockml.ledger import facts
from stockml.store import index, pointers, versions


def champions(env: Environment, symbols: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The champions as of the clock: {"pointers", "summary"} of each symbol that has one, or {"problem"}."""
    checked = index.check(env.workspace, list(symbols))
    return as_of(env, symbols, checked) if env.clock.as_of else checked.full(symbols)


def as_of(env: Environment, symbols: Sequence[str], checked: index.Checked) -> dict[str, dict[str, Any]]:
    """Champions as the promotion log had them at the clock. Where they are today's, the index answers."""
    log = facts.all_pointers_as_of(env.ledger, stamp(env.clock.now()))
    today = checked.full(symbols)
    found = {}
    for symbol in symbols:
        if symbol not in log:
            continue
        then, known = log[symbol], today.get(symbol, {})
        if "problem" in known or known.get("pointers", {}).get("champion") == then["champion"]:
            found[symbol] = known
            continue
        path = versions.folder(env.workspace, symbol, then["champion"]) / versions.MANIFEST
        try:
            manifest = versions.parse_manifest(path.read_bytes(), symbol, then["champion"])
            found[symbol] = {"pointers": then, "summary": index.summarise(manifest)}
        except (OSError, ModelError) as error:
            found[symbol] = {"problem": str(error)}
    return found


def brief(
    symbol: str, checked: index.Checked, past: Mapping[str, Any] | None
) -> tuple[index.Brief | None, str]:
    """(what is known of every champion, or None; what is wrong with this one, or "")."""
    if past is None:
        return checked.brief.get(symbol), checked.problems.get(symbol, "")
    told = past.get(symbol, {})
    if "summary" in told:
        summary = told["summary"]
        return index.Brief(summary["made_at"], summary["quick"], told["pointers"]["champion"]), ""
    return None, told.get("problem", "")


def alteration(env: Environment, symbol: str, version: str) -> str:
    """What is wrong with a version's files although its manifest is whole, or "". Untouched ones cost a look."""
    if not versions.was_touched(env.workspace, symbol, version):
        return ""
    try:
        versions.read(env.workspace, symbol, version)
    except ModelError as error:
        return error.message
    return ""


def repair(env: Environment, symbol: str) -> str:
    """The command that puts a symbol back into service whose champion's files are at fault."""
    try:
        live = pointers.read(env.workspace, symbol)
    except ModelError:
        logged = facts.pointers_as_of(env.ledger, symbol, stamp(env.clock.now()))
        if logged and not _broken(env, symbol, str(logged["champion"])):
            return f"stockml promote {symbol} {logged['champion']} --reason 'live.json was damaged'"
        return f"stockml train {symbol} --force"
    previous = live and live["previous"]
    if previous and not _broken(env, symbol, str(previous)):
        return f"stockml rollback {symbol}"
    return f"stockml train {symbol} --force"


def _broken(env: Environment, symbol: str, version: str) -> bool:
    try:
        versions.read(env.workspace, symbol, version)
    except ModelError:
        return True
    return False


def touched_at(env: Environment, symbol: str, champion: str = "") -> str | None:
    """When the newest file of a champion, or the pointer to it, was changed; None if neither is there."""
    folder = versions.folder(env.workspace, symbol, champion) if champion else None
    paths = list(folder.iterdir()) if folder and folder.is_dir() else [pointers.live_file(env.workspace, symbol)]
    times = [path.stat().st_mtime for path in paths if path.exists()]
    return stamp(datetime.fromtimestamp(max(times), UTC)) if times else None
