"""Forecast each symbol and write the forecasts to the ledger."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, offline_option, verb


@verb(
    click.argument("symbols", nargs=-1, metavar="[SYMBOL]..."),
    offline_option(),
)
def command(call: Call, symbols: tuple[str, ...]) -> Outcome:
    """Forecast the given symbols, or the whole fleet, at every horizon.

    A forecast is made once per symbol, horizon, session and version; asking again gives it back. A symbol
    that cannot be forecast abstains, says why, and the exit status is 1.
    """
    from stockml.cli import _choose

    env = call.environment()
    chosen = _choose.symbols(env.config, symbols)
    from stockml.ledger import facts
    from stockml.pipeline import predict
    from stockml.view import forecasts

    run = facts.start_run(env.ledger, "predict", env.clock)
    made = predict.predict(env, chosen)
    abstained = [one for one in made["forecasts"] if one.get("abstained")]
    status = 1 if abstained or made["errors"] else 0
    facts.end_run(
        env.ledger, run, env.clock, status, {"forecasts": len(made["forecasts"]), "abstained": len(abstained)}
    )
    told = list(dict.fromkeys(str(one["message"]) for one in abstained))
    return Outcome(
        {"forecasts": made["forecasts"]},
        forecasts.table(made["forecasts"]),
        status,
        made["warnings"] + told,
        made["errors"],
    )
