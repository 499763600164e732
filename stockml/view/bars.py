"""Bars as people see them: what was fetched, what is stored, what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, words

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 10  # findings of one kind and symbol before the rest is only counted


def outcomes(results: list[dict[str, Any]], title: str) -> Callable[[Console], None]:
    """One row per symbol that was asked for, with what came of it."""

    def show(console: Console) -> None:
        from rich.text import Text

        from stockml.view import tables

        left, right = ("symbol", "outcome", "source", "through"), ("added", "refused")
        made = tables.table(console.width, left, right, title=title)
        made.add_column("")
        for one in results:
            made.add_row(
                Text(one["symbol"]), words(one["outcome"]), one["source"] or NONE, one["data_through"] or NONE,
                str(one["rows_added"]), str(one["rows_quarantined"]), Text(one["message"]),
            )  # fmt: skip
        console.print(made)

    return show


def stored(symbols: list[dict[str, Any]]) -> Callable[[Console], None]:
    """One row per symbol that has bars."""

    def show(console: Console) -> None:
        from stockml.view import tables

        if not symbols:
            console.print("Nothing is stored. 'stockml data fetch' gets prices.")
            return
        made = tables.table(
            console.width, ("symbol", "first", "last", "source", "outcome", "fetched"), ("bars",), title="Stored bars"
        )
        for one in symbols:
            made.add_row(
                one["symbol"], one["first"] or NONE, one["last"] or NONE, one["source"], words(one["outcome"]),
                one["fetched_at"], str(one["rows"]),
            )  # fmt: skip
        console.print(made)

    return show


def health(symbols: list[dict[str, Any]], everything: bool) -> Callable[[Console], None]:
    """Each symbol in a line, and under it what was found; at most ten of a kind unless `everything`."""

    def show(console: Console) -> None:
        for one in symbols:
            told = [(f["kind"], f"{f['session'] or NONE}  {words(f['kind'])}: {f['detail']}") for f in one["findings"]]
            told += [("refused", f"{q['session'] or NONE}  refused: {q['reason']}") for q in one["quarantined"]]
            notes = f", {len(told)} to note" if told else ""
            console.print(f"{one['symbol']:<8} {'ok' if one['ok'] else 'look at it'}{notes}")
            if one["blocked"]:
                console.print(f"  no training, no forecasts: {one['blocked']}", soft_wrap=True)
            seen: dict[str, int] = {}
            for kind, line in told:
                seen[kind] = seen.get(kind, 0) + 1
                if everything or seen[kind] <= SHOWN:
                    console.print(f"  {line}", soft_wrap=True)
            hidden = sum(max(0, count - SHOWN) for count in seen.values())
            if hidden and not everything:
                console.print(f"  and {hidden} more; -v shows them all")
        if not symbols:
            console.print("Nothing is stored. 'stockml data fetch' gets prices.")

    return show


def revised(symbols: list[dict[str, Any]], everything: bool) -> Callable[[Console], None]:
    """One row per replaced value; at most ten of a symbol, the newest, unless `everything`."""

    def show(console: Console) -> None:
        from rich.text import Text

        from stockml.view import tables

        if not any(one["revisions"] for one in symbols):
            console.print("No stored value was changed by its source since it was first seen.")
            return
        left = ("symbol", "session", "kind", "source", "replaced")
        made = tables.table(console.width, left, (), title="Revisions")
        made.add_column("was and became")
        hidden = 0
        for one in symbols:
            shown = one["revisions"] if everything else one["revisions"][-SHOWN:]
            hidden += len(one["revisions"]) - len(shown)
            for row in shown:
                told = ", ".join(f"{name} {old:.6g} to {new:.6g}" for name, (old, new) in row["changes"].items())
                made.add_row(
                    one["symbol"], row["session"], words(row["kind"]), row["source"], row["replaced_at"], Text(told)
                )
        console.print(made)
        if hidden:
            console.print(f"and {hidden} older; -v shows them all")

    return show
