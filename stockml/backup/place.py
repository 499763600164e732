"""Where the backups of a workspace are."""

from __future__ import annotations

from pathlib import Path

from stockml.backup.shelf import Local, Shelf, open_shelf
from stockml.config.load import load
from stockml.config.schema import Backup
from stockml.environment import Environment
from stockml.errors import ConfigError, WorkspaceError
from stockml.workspace import Workspace

DEFAULT = "backups"  # below persistent_data


def folder(env: Environment) -> Path:
    """The folder of a workspace's backups, whether or not it is there."""
    return _configured(env.workspace, env.config.backup)


def shelf_of(workspace: Workspace, given: str | None) -> Shelf:
    """The shelf at a folder or an address, or the workspace's own.

    A workspace whose configuration is gone or damaged has its backups in the default folder: it is about to be
    restored. Raises `UsageError` or `BackupError` for an address that cannot be opened.
    """
    if given is not None:
        return open_shelf(given, Path.cwd())
    try:
        return Local(_configured(workspace, load(workspace).backup))
    except (ConfigError, WorkspaceError):
        return Local(workspace.data / DEFAULT)


def _configured(workspace: Workspace, wanted: Backup) -> Path:
    if wanted.folder is None:
        return workspace.data / DEFAULT
    return (workspace.home / Path(wanted.folder).expanduser()).absolute()
