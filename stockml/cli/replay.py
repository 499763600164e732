"""Try whole policies on history: what retraining was worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stockml.cli._frame import Call, Outcome, offline_option, verb

if TYPE_CHECKING:
    from collections.abc import Callable

    from stockml.pace import Tell, Tracks


@verb(
    click.option("--from", "first", metavar="DATE", required=True, help="First session lived through."),
    click.option("--to", "last", metavar="DATE", help="Last session (default: the newest settled one)."),
    click.option(
        "--policy", "names", multiple=True, metavar="NAME|FILE", default=("default", "never"), show_default=True,
        help="A policy by name, or a JSON file: a partial configuration, with trouble if wanted. Repeatable.",
    ),
    click.option("--symbols", metavar="A,B", help="Part of the fleet, instead of all of it."),
    click.option("--jobs", type=click.IntRange(1, 256), help="Processes, instead of the configured number."),
    click.option("--report", metavar="FILE", help="Also write a report to FILE.html, FILE.md or FILE.json."),
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
    from stockml import pace
    from stockml.cli import _choose, _report
    from stockml.clock import from_day, stamp
    from stockml.replay import policy, replay
    from stockml.view import replay as view
    from stockml.view.report import replay as pages

    form = _report.form_of(report)
    begin, end = _choose.day(first, "--from"), _choose.day(last, "--to")
    assert begin is not None
    env = call.environment()
    policies = [policy.read(name) for name in names]
    chosen = _choose.symbols(env.config, symbols.split(",")) if symbols else []
    until = None if end is None else from_day(end)
    tracks = pace.Tracks()
    with call.progress("sessions", left_s=lambda *_: tracks.left_s()) as tell:
        told = _heard(tracks, len(policies), tell)
        processes = jobs or env.config.execution.jobs
        result, warnings = replay.replay(env, from_day(begin), until, policies, chosen, processes, told)
    if report:
        home, at = str(env.workspace.home), stamp(env.clock.now())
        _report.write(report, form, result, lambda: pages.page(result, home, at))
    return Outcome(result, view.screen(result), warnings=warnings)


def _heard(tracks: Tracks, policies: int, tell: Tell) -> Callable[[str, int, int], None]:
    """What a replay tells, as progress: the sessions of all policies, once each was heard of."""
    import time

    def told(policy: str, done: int, total: int) -> None:
        tracks.tell(policy, done, total, time.monotonic())
        if tracks.count == policies:
            tell("replay", tracks.done, tracks.total, policy)

    return told
