"""Intraday bars as people see them: what was fetched, what is stored, what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, words

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 10  # findings of a symbol before the rest is only counted


def outcomes(results: list[dict[str, Any]], interval: str) -> Callable[[Console], None]:
    """One row per symbol that was asked for, with what came of it."""

    def show(console: Console) -> None:
        from rich.text import Text

        from stockml.view import tables

        left, right = ("symbol", "outcome", "source", "from", "through"), ("added", "refused", "different")
        made = tables.table(console.width, left, right, title=f"Fetched, {interval} bars")
        made.add_column("")
        for one in results:
            made.add_row(
                Text(one["symbol"]), words(one["outcome"]), one["source"] or NONE, one["data_from"] or NONE,
                one["data_through"] or NONE, str(one["rows_added"]), str(one["rows_quarantined"]),
                str(one["rows_different"]), Text(one["message"]),
            )  # fmt: skip
        console.print(made)

    return show


def stored(series: list[dict[str, Any]]) -> Callable[[Console], None]:
    """One row per symbol and interval that has bars."""

    def show(console: Console) -> None:
        from stockml.view import tables

        if not series:
            console.print("Nothing is stored. 'stockml intraday fetch --interval 5m' gets bars.")
            return
        left = ("symbol", "interval", "first", "last", "source", "outcome", "fetched")
        made = tables.table(console.width, left, ("bars",), title="Stored intraday bars")
        for one in series:
            made.add_row(
                one["symbol"], one["interval"], one["first"] or NONE, one["last"] or NONE, one["source"],
                words(one["outcome"]), one["fetched_at"], str(one["rows"]),
            )  # fmt: skip
        console.print(made)

    return show


def health(symbols: list[dict[str, Any]], notes: tuple[str, ...], everything: bool) -> Callable[[Console], None]:
    """Each symbol in a line, and under it what was found; notes are only counted unless `everything`."""

    def show(console: Console) -> None:
        for one in symbols:
            state = "sound" if one["ok"] else "needs a look"
            span = f"{one['first']} to {one['last']}"
            console.print(f"{one['symbol']} {one['interval']}: {state}, {one['rows']} bars, {span}", soft_wrap=True)
            worth = [found for found in one["findings"] if everything or found["kind"] not in notes]
            for found in worth if everything else worth[:SHOWN]:
                console.print(f"  {found['session'] or NONE} {words(found['kind'])}: {found['detail']}", soft_wrap=True)
            left = len(one["findings"]) - (len(worth) if everything else min(len(worth), SHOWN))
            if left:
                console.print(f"  and {left} more (-v shows them)", soft_wrap=True)

    return show
