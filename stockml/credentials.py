"""Secrets by name: from the environment, else from the folder that systemd hands a service. Never from our files."""

from __future__ import annotations

import os
from pathlib import Path

from stockml.errors import StockmlError

LONGEST = 65536  # characters; what is longer is no secret


def read(name: str) -> str:
    """The secret of a name, without surrounding blanks: the variable, else $CREDENTIALS_DIRECTORY/NAME, else "".

    Raises `StockmlError` of the kind `credential` if there is a file that cannot be read as text. The
    message holds the name only.
    """
    found = os.environ.get(name, "").strip()
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if found or not folder:
        return found
    path = Path(folder) / name
    try:
        if not path.is_file():
            return ""
        with path.open(encoding="utf-8") as file:
            return file.read(LONGEST).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StockmlError(f"the credential {name} cannot be read as text", kind="credential") from error


def require(name: str) -> str:
    """The secret of a name. Raises `StockmlError` of the kind `credential` if there is none."""
    found = read(name)
    if not found:
        raise StockmlError(
            f"there is no {name}", kind="credential",
            hint=f"put it in the environment as {name}, or give it as the systemd credential {name}",
        )  # fmt: skip
    return found
