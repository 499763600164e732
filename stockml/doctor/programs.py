"""Asks another program, with a time limit, and takes silence or failure for no answer."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_S = 3.0


@dataclass(frozen=True)
class Reply:
    """How a program ended (None: it could not be started, or took too long) and what it said."""

    status: int | None
    output: str
    complaint: str


def ask(words: Sequence[str], limit_s: float = LONGEST_S) -> Reply:
    """Run a program in the C locale and return what it said."""
    surroundings = {**os.environ, "LC_ALL": "C", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"}
    try:
        ran = subprocess.run(
            list(words), capture_output=True, check=False, timeout=limit_s, stdin=subprocess.DEVNULL, env=surroundings
        )
    except subprocess.TimeoutExpired:
        return Reply(None, "", f"no answer within {limit_s:g} seconds")
    except OSError as error:
        return Reply(None, "", error.strerror or type(error).__name__)
    return Reply(ran.returncode, ran.stdout.decode(errors="replace"), ran.stderr.decode(errors="replace"))
