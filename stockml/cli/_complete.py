"""What a shell is offered for a word: symbols, versions, jobs, channels, folders. Quick, and quiet if there is none."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click
from click.types import StringParamType

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from stockml.workspace import Workspace

Offer = Callable[["Workspace", click.Context], Iterable[str]]
PLACES = {"DIR": "dir", "FOLDER": "dir", "FILE": "file", "PATH": "file"}  # metavar -> what the shell completes itself


class Offered(StringParamType):
    """A text for which a shell is offered words of the workspace."""

    def __init__(self, offer: Offer) -> None:
        self.offer = offer

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        given = ctx.params.get(param.name or "") or ()
        words: list[str] = []
        # No workspace, no configuration or a damaged one: a shell that asks is no place to say so.
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            words = [word for word in self.offer(_workspace(ctx), ctx) if word not in given]
        return [CompletionItem(word) for word in words if word.casefold().startswith(incomplete.casefold())]


class Place(StringParamType):
    """A text for which a shell is offered its files or folders."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type=self.kind)]


def attach(param: click.Parameter) -> None:
    """Let a shell complete a parameter that takes a plain text, by its name or by what its help calls it."""
    if param.type is not click.STRING:
        return
    if isinstance(param, click.Argument) and param.name in OFFERS:
        param.type = Offered(OFFERS[param.name])
    elif param.metavar in PLACES:
        param.type = Place(PLACES[param.metavar])


def _workspace(ctx: click.Context) -> Workspace:
    """The workspace that the words so far name."""
    from stockml import workspace

    place: click.Context | None = ctx
    while place is not None and not place.params.get("home"):
        place = place.parent
    return workspace.find(place.params["home"] if place else None)


def _listed(home: Workspace, *path: str) -> list[Any] | None:
    """What the configuration lists at a path, or the keys it has there, unchecked; None where it says nothing."""
    import json

    found = json.loads(home.config_file.read_bytes())
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return list(found) if isinstance(found, list | dict) else None


def _symbols(home: Workspace, ctx: click.Context) -> Iterable[str]:
    from stockml.config.schema import DEFAULT_SYMBOLS

    listed = _listed(home, "symbols")
    return DEFAULT_SYMBOLS if listed is None else [one for one in listed if isinstance(one, str) and one.isprintable()]


def _versions(home: Workspace, ctx: click.Context) -> Iterable[str]:
    """The versions of the symbol that stands before, the newest first."""
    from stockml import symbols
    from stockml.errors import SymbolError
    from stockml.store import versions

    try:
        return reversed(versions.names(home, symbols.parse(ctx.params.get("symbol") or "")))
    except SymbolError:
        return ()


def _jobs(home: Workspace, ctx: click.Context) -> Iterable[str]:
    from stockml.schedule import jobs

    names = [job.name for job in jobs.DEFAULTS]
    own = _listed(home, "schedule", "jobs") or ()
    return names + [name for name in own if name not in names and jobs.NAME.fullmatch(str(name))]


def _channels(home: Workspace, ctx: click.Context) -> Iterable[str]:
    listed = _listed(home, "alerts", "channels") or ()
    named = [one.get("name") or one.get("type") for one in listed if isinstance(one, dict)]
    return [name for name in named if isinstance(name, str) and name.isprintable()]


def _keys(home: Workspace, ctx: click.Context) -> Iterable[str]:
    """The keys of a configuration with dots between their parts."""
    import dataclasses

    from stockml.config.schema import Config

    def below(cls: Any, before: str) -> Iterable[str]:
        for field in dataclasses.fields(cls):
            if dataclasses.is_dataclass(field.default):
                yield from below(type(field.default), f"{before}{field.name}.")
            else:
                yield before + field.name

    return below(Config, "")


OFFERS: dict[str, Offer] = {
    "symbol": _symbols, "symbols": _symbols, "version": _versions, "job": _jobs, "channel": _channels, "key": _keys,
}  # fmt: skip
