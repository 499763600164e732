"""The commands of `schedule` that run a job, try one, or simulate the table."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, build
from stockml.errors import DONE, INTERRUPTED, PARTIAL, UsageError


def run(call: Call, job: str | None, due: bool, missed: bool) -> Outcome:
    """Run a job now, with its lock, its time limit, its log and its heartbeats.

    With --due only if its last planned run is still to be done, which is what timers call; else nothing is done,
    quietly. With --missed every job in service whose time passed without a run, each once. The exit status is that
    of the job's command; 0 if the job was left out for a reason, 4 if it runs already.
    """
    from stockml.schedule import runner, standing, surroundings
    from stockml.view import schedule_run as view

    if (job is None) != missed:
        raise UsageError("name one job, or say --missed", hint="stockml schedule show lists the jobs")
    env = call.environment()
    clock = standing.clock_of(env)
    chosen = None if job is None else runner.find(env, job)
    kept = surroundings.secrets(surroundings.file())
    runner.adopt(kept)
    if chosen is None:
        ran = runner.run_missed(env, clock, kept)
    else:
        ran = [(runner.run_due if due else runner.run)(env, chosen, clock, kept)]
    done = [one for one in ran if one.event is not None]
    late = runner.tell(env, clock, done) if done else []
    status = ran[0].exit_code if chosen is not None else _status([one.exit_code for one in ran])
    by_timer = due or missed
    told = [one for one in ran if one.event == "fail"] if by_timer and not call.verbose else ran
    shown = view.screen(told) if told or not by_timer else None  # cron mails whatever is said
    warnings = [*(words for one in ran for words in one.problems), *(f"overdue: {words}" for words in late)]
    return Outcome({"ran": [one.as_json() for one in ran], "overdue": late}, shown, status, warnings)


def _status(codes: list[int]) -> int:
    """The exit status of several jobs: interrupted, else whether any of them ended in another way than 0."""
    if INTERRUPTED in codes:
        return INTERRUPTED
    return PARTIAL if any(code != DONE for code in codes) else DONE


def test(call: Call, job: str) -> Outcome:
    """Run a job once as cron would: through /bin/sh, with nothing in the environment but what cron sets.

    It does its real work, and shows its exit status, its duration and its last lines.
    """
    from stockml.schedule import runner, trial
    from stockml.view import schedule_run as view

    env = call.environment()
    result = trial.run(env.workspace, runner.find(env, job))
    return Outcome(result, view.trial(result), trial.status(result))


def check(call: Call, days: int) -> Outcome:
    """Simulate the job table in its time zones and tell what will not go as one expects.

    Wall times that a change of the clocks skips or doubles, runs that meet (by the durations measured, or else by
    their time limits), training in market hours where it is to avoid them, forecasts and settlement before the
    day's bar is settled, and what is installed otherwise than configured. The exit status is 1 if anything is found.
    """
    from stockml.schedule import check as room
    from stockml.schedule import standing
    from stockml.view import schedule_check as view

    env = call.environment()
    result = room.check(env, standing.clock_of(env), days)
    return Outcome(result, view.screen(result), PARTIAL if result["findings"] else DONE)


COMMANDS: tuple[click.Command, ...] = (
    build("run", run, [
        click.argument("job", metavar="[JOB]", required=False),
        click.option("--due", is_flag=True, help="Only if its last planned run is still to be done."),
        click.option("--missed", is_flag=True, help="All jobs whose last planned run was missed."),
    ]),
    build("test", test, [click.argument("job", metavar="JOB")]),
    build("check", check, [
        click.option("--days", type=click.IntRange(1, 4000), default=400, show_default=True, help="How far to look."),
    ]),
)  # fmt: skip
