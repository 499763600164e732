"""What a restore replaces goes to the trash first: persistent_data/.trash/STAMP-ID/, with a note of what was where."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stockml import files
from stockml.clock import compact, recorded_at, stamp
from stockml.workspace import Workspace

FORMAT = 1


@dataclass
class Aside:
    """One entry of the trash. It is made when there is something to keep."""

    workspace: Workspace
    why: str
    folder: Path | None = None
    things: list[dict[str, Any]] = field(default_factory=list)

    @property
    def told(self) -> str | None:
        """Where it is, for people."""
        return None if self.folder is None else str(self.folder)

    def room(self, kind: str, name: str, origin: Path, symbol: str = "") -> Path:
        """Where to put something, after the note tells of it. Raises `StockmlError` if the disk refuses."""
        wall = recorded_at()
        if self.folder is None:
            self.folder = self.workspace.data / ".trash" / f"{compact(wall)}-{os.urandom(3).hex()}"
            files.make_folder(self.folder)
        self.things.append({
            "number": str(len(self.things) + 1), "kind": kind, "name": name,
            "origin": str(origin.relative_to(self.workspace.home)), "why": self.why, "bytes": _size(origin),
            "symbol": symbol, "undone_at": None,
        })  # fmt: skip
        note = {"format": FORMAT, "at": stamp(wall), "things": self.things}
        files.replace(self.folder / "note.json", files.pretty_json(note))
        return self.folder / str(len(self.things))

    def keep(self, kind: str, name: str, origin: Path, symbol: str = "") -> None:
        """Keep a copy of a file that is about to be replaced; the file itself stays until it is."""
        if origin.is_file():
            content = origin.read_bytes()
            files.write_new(self.room(kind, name, origin, symbol), content)

    def move(self, kind: str, name: str, origin: Path, symbol: str = "") -> None:
        """Move a file or folder there."""
        files.set_aside(origin, self.room(kind, name, origin, symbol))


def _size(origin: Path) -> int:
    if origin.is_dir() and not origin.is_symlink():
        return sum(one.lstat().st_size for one in origin.rglob("*") if one.is_file())
    return origin.lstat().st_size if os.path.lexists(origin) else 0
