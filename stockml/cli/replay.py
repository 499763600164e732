"""Try whole policies on history: what retraining was worth."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, offline_option, verb
from stockml.errors import UsageError


@verb(
    click.option("--from", "first", metavar="DATE", required=True, help="First session lived through."),
    click.option("--to", "last", metavar="DATE", help="Last session (default: the newest settled one)."),
    click.option(
        "--policy", "names", multiple=True, metavar="NAME|FILE", default=("default", "never"), show_default=True,
        help="A policy by name, or a JSON file: a partial configuration, with trouble if wanted. Repeatable.",
    ),
    click.option("--symbols", metavar="A,B", help="Part of the fleet, instead of all of it."),
    click.option("--jobs", type=click.IntRange(1, 256), help="Processes, instead of the configured number."),
    click.option("--report", metavar="FILE.html", help="Also write a page with plots."),
    offline_option(),
)  # fmt: skip
def command(
    call: Call, first: str, last: str | None, names: tuple[str, ...], symbols: str | None, jobs: int | None,
    report: str | None,
) -> Outcome:  # fmt: skip
    """Live the unattended system through past sessions, once for each policy, and compare what came of it.

    Each policy has a workspace of its own; the job table says what runs when, under a clock that stands at each
    session in turn. All begin with a training at --from. Interrupted or killed, the same command goes on where it
    was, also to a later --to. Policies: age_only, always, default, evidence_only, monthly, never, raw_thresholds,
    weekly; docs/replay.md tells what they mean.
    """
    from datetime import date
    from pathlib import Path

    from stockml import files
    from stockml.cli import _choose
    from stockml.clock import from_day
    from stockml.replay import policy, replay
    from stockml.view import replay as view
    from stockml.view import replay_page

    if report is not None and not report.endswith(".html"):
        raise UsageError(f"--report {report!r} does not end in .html", hint="for example --report replay.html")
    begin, end = _choose.day(first, "--from"), _choose.day(last, "--to")
    assert begin is not None
    env = call.environment()
    policies = [policy.read(name) for name in names]
    chosen = _choose.symbols(env.config, symbols.split(",")) if symbols else []
    until: date | None = None if end is None else from_day(end)
    with view.progress(call.console(), shown=not call.as_json and not call.quiet) as told:
        result, warnings = replay.replay(
            env, from_day(begin), until, policies, chosen, jobs or env.config.execution.jobs, told
        )
    if report is not None:
        files.replace(Path(report).expanduser().absolute(), replay_page.page(result).encode())
    return Outcome(result, view.screen(result), warnings=warnings)
