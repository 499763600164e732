"""Backups as people see them: what was made, what there is, what was proved, given back or removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, lines
from stockml.view.tables import ROOMY, table

if TYPE_CHECKING:
    from rich.console import Console

MOST_ROWS = 30


def size(count: int) -> str:
    """Bytes as people say them, in powers of ten: 214.0 MB."""
    for unit, one in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= one:
            return f"{count / one:.1f} {unit}"
    return f"{count} B"


def created(made: dict[str, Any]) -> Callable[[Console], None]:
    told = [
        f"Snapshot {made['snapshot']} in {made['folder']}",
        f"{made['files']} files, {size(made['bytes'])}; {size(made['added_bytes'])} of it new, "
        f"in {made['seconds']:.1f} s",
        *(f"left out: {one['what']}: {one['why']}" for one in made["left_out"]),
    ]
    return lines([*told, *_copies(made["copies"])])


def copied(made: Sequence[dict[str, Any]]) -> Callable[[Console], None]:
    return lines(_copies(made))


def _copies(made: Sequence[dict[str, Any]]) -> list[str]:
    return [
        f"{one['to']}: {_count(len(one['snapshots']), 'snapshot')} copied, {size(one['bytes'])}"
        for one in made
        if not one["error"]
    ]


def listed(found: dict[str, Any]) -> Callable[[Console], None]:
    """A row a snapshot, the newest last."""

    def show(console: Console) -> None:
        if not found["snapshots"]:
            console.print(f"{found['folder']}: there are no backups. 'stockml backup' makes one.", soft_wrap=True)
            return
        roomy = console.width >= ROOMY
        made = table(console.width, ("snapshot", "verified"), ("holds", "added"))
        made.add_column("why", overflow="fold")
        for one in found["snapshots"]:
            proved = (one["verified_at"] or NONE)[: 16 if roomy else 10].replace("T", " ")
            made.add_row(one["snapshot"], proved, size(one["bytes"]), size(one["added_bytes"]), one["why"])
        console.print(made)
        newest = found["newest_verified"]
        proof = f"newest verified: {newest}" if newest else "none is verified ('stockml backup verify')"
        console.print(f"{_count(len(found['snapshots']), 'snapshot')} in {found['folder']}", soft_wrap=True)
        console.print(f"{size(found['stored_bytes'])} stored; {proof}", soft_wrap=True)

    return show


def verified(found: dict[str, Any]) -> Callable[[Console], None]:
    read = f"{size(found['bytes'])} read in {found['seconds']:.1f} s, {_count(found['objects'], 'object')} whole"
    told = [f"{found['folder']}: {read}"]
    for one in found["snapshots"]:
        used = f"{_count(one['champions'], 'champion')} answered, {_count(one['versions'], 'version')}"
        told.append(f"{one['snapshot']}: " + (
            f"restores ({used}, {_count(one['forecasts'], 'forecast')} in a sound ledger)" if one["ok"]
            else "does NOT restore as it was"
        ))  # fmt: skip
        if not one["recorded"]:
            told.append("that could not be noted there: the place cannot be written")
    told += [one["detail"] for one in found["problems"][:MOST_ROWS]]
    if len(found["problems"]) > MOST_ROWS:
        told.append(f"{len(found['problems']) - MOST_ROWS} more; --json lists all")
    if found["set_aside"]:
        told.append(f"moved to damaged: {_count(len(found['set_aside']), 'file')}; the next backup writes anew")
    return lines(told)


def restored(made: dict[str, Any]) -> Callable[[Console], None]:
    would = "would be " if made["dry_run"] else ""
    told = [f"From the snapshot {made['snapshot']} {would}restored to {made['to']}:"]
    told += [f"  {name}" for name in made["files"]]
    unchanged = f", {made['unchanged']} were there" if made["unchanged"] else ""
    told.append(f"  {_count(made['versions'], 'version')}{unchanged}")
    for one in made["symbols"]:
        before = "" if one["before"] in (None, one["champion"]) else f", was {one['before']}"
        told.append(f"  {one['symbol']}: champion {one['champion']}{before}")
    told += [f"newer than the snapshot: {one}" for one in made["newer"]]
    if made["set_aside"]:
        told.append(f"what was replaced is in {made['set_aside']}")
    return lines(told)


def pruned(made: dict[str, Any]) -> Callable[[Console], None]:
    """A row a snapshot with the reason why it stays or goes."""

    def show(console: Console) -> None:
        if not made["snapshots"]:
            console.print(f"{made['folder']}: there are no backups", soft_wrap=True)
            return
        shown = table(console.width, ("snapshot", ""))
        shown.add_column("why", overflow="fold")
        for one in made["snapshots"]:
            word = "stays" if one["keep"] else "would go" if made["dry_run"] else "removed"
            shown.add_row(one["snapshot"], word, one["reason"])
        console.print(shown)
        proof = made["verified"]
        if proof is not None:
            result = "restores" if proof["ok"] else "does NOT restore as it was"
            console.print(f"{proof['snapshot']} was verified first: it {result}", soft_wrap=True)
        would = " would be" if made["dry_run"] else ""
        count = _count(len(made["removed"]), "snapshot")
        console.print(f"{count}{would} removed, {size(made['freed_bytes'])}{would} freed")

    return show


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
