"""Where everything lives under one home folder, and how that folder is found."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from stockml.errors import WorkspaceError

RESTORING = ".restoring.json"  # in persistent_data: a restore is under way, or was killed


@dataclass(frozen=True)
class Workspace:
    """The paths of one workspace. Holds no state and creates nothing."""

    home: Path

    @property
    def data(self) -> Path:
        return self.home / "persistent_data"

    @property
    def config_file(self) -> Path:
        return self.data / "ml_config.json"

    @property
    def ledger_file(self) -> Path:
        return self.data / "ledger.db"

    @property
    def market_file(self) -> Path:
        return self.data / "market.db"

    @property
    def models(self) -> Path:
        return self.data / "ml_models"

    @property
    def cache(self) -> Path:
        return self.data / ".cache"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def cron(self) -> Path:
        """What was rendered for cron, and the tables that were there before."""
        return self.home / "cron"

    @property
    def systemd(self) -> Path:
        """The units that were rendered for systemd."""
        return self.home / "systemd"

    def symbol_folder(self, symbol: str) -> Path:
        """The model folder of a symbol that `symbols.parse` returned."""
        return self.models / symbol


def find(given: str | None) -> Workspace:
    """Find the workspace: `--home`, else $STOCKML_HOME, else the nearest parent, else the user's own.

    Nothing is created. Whether it holds a configuration is for the caller to ask.
    """
    chosen = given or os.environ.get("STOCKML_HOME")
    if chosen:
        return Workspace(Path(chosen).expanduser().absolute())
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "persistent_data" / "ml_config.json").is_file():
            return Workspace(folder)
    share = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Workspace((Path(share) / "stockml").expanduser().absolute())


def require(workspace: Workspace) -> Workspace:
    """Return the workspace if it was initialised, else raise `WorkspaceError`."""
    if not workspace.config_file.is_file():
        raise WorkspaceError(
            f"{workspace.home}: no stockml workspace here",
            symbol=str(workspace.home),
            hint="run 'stockml init' there, or name one with --home or STOCKML_HOME",
        )
    return workspace
