"""Times how long a person waits for the light commands and for a cold forecast of the default fleet."""

from __future__ import annotations

from collections.abc import Iterator

import _figures
import _homes
from _figures import Figure

HELLO_CLICK = """
import click

@click.command()
def hello():
    click.echo("hello")

hello()
"""
HELLO_TABLE = """
import click

@click.command()
def hello():
    from rich.console import Console
    from rich.table import Table
    made = Table("symbol", "state", "n")
    for place in range(13):
        made.add_row(f"S{place}", "healthy", "250")
    Console().print(made)

hello()
"""


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield the wall time of `--help`, `status` and `predict` over that of the least that could do the like."""
    rounds = 7 if quick else 21
    command = _figures.stockml()
    yield _compare("stockml --help / click hello", 1.3, [command, "--help"], _figures.python(HELLO_CLICK), rounds)
    if not _homes.has_prices():
        yield Figure("stockml status, 13 symbols / click and rich hello", None, 2.2, _homes.NO_PRICES)
        yield Figure("stockml predict --json, 13 symbols / import numpy", None, 4.0, _homes.NO_PRICES)
        return
    home = ["--home", str(_homes.trained())]
    hello = _figures.python(HELLO_TABLE)
    yield _compare("stockml status, 13 symbols / click and rich hello", 2.2, [command, "status", *home], hello, rounds)
    numpy = _figures.python("import numpy")
    ours = [command, "predict", "--json", *home]
    yield _compare("stockml predict --json, 13 symbols / import numpy", 4.0, ours, numpy, rounds)


def _compare(name: str, limit: float, ours: list[str], theirs: list[str], rounds: int) -> Figure:
    sides = [lambda: _figures.cost(ours, (0, 1)).wall, lambda: _figures.cost(theirs).wall]
    for side in sides:
        side()
    mine, other = _figures.by_turns(sides, rounds)
    ratio = _figures.median(mine) / _figures.median(other)
    return Figure(name, ratio, limit, _figures.told({"ours": mine, "yardstick": other}))
