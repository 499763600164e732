"""Forecast each symbol and write the forecasts to the ledger."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, offline_option, verb


@verb(
    click.argument("symbols", nargs=-1, metavar="[SYMBOL]..."),
    click.option("--refresh-if-stale", is_flag=True, help="First train those that are due."),
    offline_option(),
)
def command(call: Call, symbols: tuple[str, ...], refresh_if_stale: bool) -> Outcome:
    """Forecast the given symbols, or the whole fleet, at every horizon.

    A replaced champion forecasts on for some sessions in the shadow of the new one; -v shows that too.
    A forecast is made once per symbol, horizon, session and version; asking again gives it back. A symbol
    that cannot be forecast abstains, says why, and the exit status is 1.
    """
    from stockml.cli import _choose, _train
    from stockml.pipeline import commands, due
    from stockml.view import forecasts

    env = call.environment()
    chosen = _choose.symbols(env.config, symbols)
    if refresh_if_stale:
        overdue = tuple(one for one in due.due(env, None, every=False, force=False) if one in chosen)
        if overdue:
            _train.train(call, overdue)
    with call.progress("symbols") as tell:
        made, status = commands.predict(env, chosen, tell)
    abstained = [one for one in made["forecasts"] if one["abstained"]]
    told = list(dict.fromkeys(str(one["message"]) for one in abstained))
    result = {"forecasts": made["forecasts"]}
    if call.verbose:
        result["shadows"] = made["shadows"]
    shown = made["forecasts"] + (made["shadows"] if call.verbose else [])
    return Outcome(result, forecasts.screen(shown), status, made["warnings"] + told, made["errors"])
