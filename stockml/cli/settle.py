"""Give past forecasts their outcome."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, offline_option, verb

PARAMETERS = (click.argument("symbols", nargs=-1, metavar="[SYMBOL]..."), offline_option())


def run(call: Call, symbols: tuple[str, ...]) -> Outcome:
    """Settle the forecasts whose target session has passed, from the stored bars, and renew the track record.

    A forecast is settled once and keeps its outcome. One whose session brought no bar, though later ones came, is
    void and says why; one whose bar may still come stays pending. Without symbols, all that wait are settled, those
    of symbols that left the fleet too. The record is written to logs/performance/.
    """
    from stockml.cli import _choose
    from stockml.pipeline import commands
    from stockml.view import settle as view

    env = call.environment()
    chosen = _choose.symbols(env.config, symbols) if symbols else []
    with call.progress("symbols") as tell:
        result, status = commands.settle(env, chosen, tell)
    errors, warnings, _ = (result.pop(key) for key in ("errors", "warnings", "source_is_down"))
    return Outcome(result, view.screen(result), status, warnings, errors)


command = verb(*PARAMETERS)(run)
