"""The workspaces that the benchmarks measure in, each built once and removed at the end."""

from __future__ import annotations

import atexit
import functools
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import _figures

AS_OF = "2026-05-29"
PRICES = Path(__file__).resolve().parents[2] / "shared" / "data"
NO_PRICES = f"skipped: no data ({PRICES} is not there)"


def has_prices() -> bool:
    return (PRICES / "daily").is_dir()


def folder(name: str) -> Path:
    """A new temporary folder that goes when the run ends."""
    made = Path(tempfile.mkdtemp(prefix=f"stockml-{name}-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def command(*words: str, may_exit: tuple[int, ...] = (0,)) -> str:
    """Run stockml and return its standard output. Raises RuntimeError if it ends with an unexpected exit status."""
    done = subprocess.run([_figures.stockml(), *words], capture_output=True, text=True, check=False)
    if done.returncode not in may_exit:
        raise RuntimeError(f"stockml {' '.join(words)}: exit {done.returncode}\n{done.stderr[-800:]}")
    return done.stdout


@functools.cache
def trained() -> Path:
    """The default fleet on the daily prices as of their last session: fetched, trained, forecast once.

    The clock is pinned in its configuration. MP's prices end in 2025, so it stays untrained and each command
    on the fleet exits 1: done in part.
    """
    home = folder("fleet")
    command("init", "--home", str(home), "--data-dir", str(PRICES / "daily"))
    path = home / "persistent_data" / "ml_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "as_of": AS_OF}))
    command("train", "--all", "-q", "--home", str(home), may_exit=(0, 1))
    command("predict", "-q", "--home", str(home), may_exit=(0, 1))
    command("status", "-q", "--home", str(home), may_exit=(0, 1))
    return home
