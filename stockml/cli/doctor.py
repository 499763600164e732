"""Check machine, packages, source, disk, clock, schedule, locks and keys."""

from __future__ import annotations

import os

import click

from stockml.cli._frame import Call, Outcome, verb


@verb(click.option("--online", is_flag=True, help="Also ask each source for a few days of one symbol."))
def command(call: Call, online: bool) -> Outcome:
    """Look at everything that an unattended stockml stands on, and say of what is not well what to do.

    Looks only: nothing is repaired, and without --online nobody is asked over the network. Works without a workspace
    too, and with a damaged one. The exit status is 1 if anything is bad or worth a warning.
    """
    from stockml.doctor import examination
    from stockml.doctor.case import Case
    from stockml.view import doctor as view

    named = bool(call.home or os.environ.get("STOCKML_HOME"))
    result = examination.examine(Case(call.workspace, named, call.as_of, online))
    return Outcome(result, view.screen(result), int(result["level"] in ("bad", "warning")))
