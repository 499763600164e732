"""Write a new workspace and its configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stockml.cli._frame import Call, Outcome, verb

if TYPE_CHECKING:
    from stockml.workspace import Workspace


@verb(
    click.option("--provider", help="Source of prices: yahoo, csv, sample, ..."),
    click.option("--data-dir", metavar="DIR", help="Folder of SYMBOL.csv files, for the csv source."),
    click.option("--symbols", metavar="A,B,C", help="The fleet, separated by commas."),
)
def command(call: Call, provider: str | None, data_dir: str | None, symbols: str | None) -> Outcome:
    """Write a workspace and its ml_config.json. Refuses to overwrite one."""
    import os

    from stockml import files
    from stockml.bars import sources
    from stockml.config.load import validate
    from stockml.errors import UsageError
    from stockml.symbols import parse_all
    from stockml.view.plain import lines

    workspace = call.workspace if call.home or "STOCKML_HOME" in os.environ else _here()
    if workspace.config_file.exists():
        raise UsageError(
            f"{workspace.config_file} is there already",
            hint="edit it, use 'stockml config set', or choose another --home",
        )
    chosen = provider or ("csv" if data_dir else "yahoo")
    if chosen not in sources.names():
        raise UsageError(f"there is no source {chosen!r}", hint=f"there are {', '.join(sources.names())}")
    raw: dict[str, object] = {"data": {"providers": [chosen]}}
    if data_dir:
        raw["data"] = {"providers": [chosen], "csv": {"folder": os.path.abspath(data_dir)}}
    if symbols:
        raw["symbols"] = parse_all([one.strip() for one in symbols.split(",")])
    if chosen == "sample":
        sample = sources.load("sample")
        raw["as_of"] = sample.LAST_SESSION.isoformat()
        raw.setdefault("symbols", list(sample.SYMBOLS))
    config = validate(raw)
    raw = {"as_of": raw.get("as_of"), "symbols": list(config.symbols), **{k: v for k, v in raw.items() if k == "data"}}
    for folder in (
        workspace.data,
        workspace.models,
        *(workspace.logs / area for area in ("training", "monitoring", "cron", "performance")),
    ):
        files.make_folder(folder)
    files.replace(workspace.config_file, files.pretty_json(raw))
    result = {
        "home": str(workspace.home),
        "config": str(workspace.config_file),
        "symbols": list(config.symbols),
        "provider": chosen,
    }
    told = [
        f"Workspace {workspace.home}", f"{len(config.symbols)} symbols from {chosen}: {' '.join(config.symbols)}",
        "Next: stockml train --all, then stockml predict and stockml status.",
    ]  # fmt: skip
    return Outcome(result, lines(told))


def _here() -> Workspace:
    from pathlib import Path

    from stockml.workspace import Workspace

    return Workspace(Path.cwd())
