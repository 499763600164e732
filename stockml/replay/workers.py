"""Policies lived side by side: processes of their own, each with its share, all at about the same session."""

from __future__ import annotations

import functools
import gc
import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import Connection, wait
from typing import Any

from stockml.bars import calendar, reader
from stockml.bars.series import Series
from stockml.clock import to_day
from stockml.environment import Environment
from stockml.errors import StockmlError
from stockml.replay import lived, report, trouble
from stockml.replay.fits import Fits
from stockml.replay.kept import Kept
from stockml.replay.lived import Lived
from stockml.replay.place import Place
from stockml.replay.policy import Policy
from stockml.replay.report import Telling

Told = Callable[[str, int, int], None]  # a policy, sessions behind it, sessions in all


@dataclass(frozen=True)
class Share:
    """What one process lives through; plain data, since it is handed to another interpreter."""

    place: Place
    policies: tuple[Policy, ...]
    last: date
    ahead: tuple[int, ...] = ()


def live(place: Place, policies: Sequence[Policy], last: date, jobs: int, told: Told) -> dict[str, Telling]:
    """Live all policies through to a day, in so many processes; what there is to tell of each.

    Told first is where each stands. Raises what one of the processes failed with.
    """
    shares = _shares(place, policies, last, min(jobs, len(policies)), told)
    if len(shares) == 1:
        return _live(shares[0], told)
    context = multiprocessing.get_context("spawn")  # a fork after threads have run can hang for ever
    ends = []
    workers = []
    for share in shares:
        ours, theirs = context.Pipe()
        worker = context.Process(target=_work, args=(share, theirs), daemon=True)
        worker.start()
        theirs.close()
        workers.append(worker)
        ends.append(ours)
    try:
        found = _listen(ends, told)
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()
    return {one.name: found[one.name] for one in policies}


def _shares(place: Place, policies: Sequence[Policy], last: date, count: int, told: Told) -> list[Share]:
    """Policies dealt out in turn. What any of them is sure to train at is told to all: they make it for each other."""
    ahead: set[int] = set()
    for one in policies:
        with closing(lived.open_policy(place.workspace(one.name), one, last)) as stands:
            told(one.name, stands.done, len(stands.sessions))
            ahead |= {to_day(session) for session in stands.forced()}
    return [Share(place, tuple(policies[start::count]), last, tuple(sorted(ahead))) for start in range(count)]


def _listen(ends: list[Connection], told: Told) -> dict[str, Telling]:
    """Hand on what the processes tell until all have ended; what they found in the end.

    Raises `StockmlError` if one failed or was killed.
    """
    found: dict[str, Telling] = {}
    open_ends = list(ends)
    while open_ends:
        for end in wait(open_ends):
            assert isinstance(end, Connection)
            try:
                said = json.loads(end.recv_bytes())
            except EOFError as error:
                raise StockmlError(
                    "a process of the replay was killed; what was lived through is kept", kind="killed",
                    hint="run the same command again to go on",
                ) from error  # fmt: skip
            if "step" in said:
                told(*said["step"])
            elif "failed" in said:
                raise StockmlError(said["failed"], kind=said["kind"], hint=said["hint"])
            else:
                found.update((name, report.from_json(plain)) for name, plain in said["ended"].items())
                open_ends.remove(end)
    return found


def _work(share: Share, end: Connection) -> None:
    """The whole of a process: live, and tell how it goes. The parent's death ends it, whatever it is doing."""
    threading.Thread(target=_end_with_parent, args=(end,), daemon=True).start()
    gc.set_threshold(100_000, 50, 50)  # rows of years are kept: looking through them all for cycles takes longer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the whole group; the parent ends this one

    def told(*step: Any) -> None:
        end.send_bytes(json.dumps({"step": step}).encode())

    try:
        found = _live(share, told)
        end.send_bytes(json.dumps({"ended": {name: report.as_json(one) for name, one in found.items()}}).encode())
    except StockmlError as error:
        said = {"failed": error.message, "kind": error.kind, "hint": error.hint}
        end.send_bytes(json.dumps(said).encode())
    except Exception as error:  # noqa: BLE001 - the last line of this process: the parent tells it
        words = f"a bug in stockml: {type(error).__name__}: {error}"
        said = {"failed": words, "kind": "bug", "hint": "please report it, with the policy"}
        end.send_bytes(json.dumps(said).encode())


def _end_with_parent(end: Connection) -> None:
    """Wait for what never comes but the end of the parent, killed as it may be; then end at once."""
    try:
        end.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


def _live(share: Share, told: Told) -> dict[str, Telling]:
    """All sessions of a share, then what there is to tell of its policies: here the ledgers are still in memory."""
    policies = [lived.open_policy(share.place.workspace(one.name), one, share.last) for one in share.policies]
    try:
        _step(share, policies, told)
        last = share.last.isoformat()
        return {
            one.policy.name: report.telling(one.env.at(last), one.policy, share.place.first) for one in policies
        }
    finally:
        for one in policies:
            one.close()


def _step(share: Share, policies: Sequence[Lived], told: Told) -> None:
    """Session by session, each policy in turn, so that what one has computed is at hand for the next."""
    kept = _kept(share, policies)
    for number in range(max((len(one.sessions) for one in policies), default=0)):
        for one in policies:
            if one.done == number < len(one.sessions):
                one.step(kept[one.policy.name])
                told(one.policy.name, one.done, len(one.sessions))


def _kept(share: Share, policies: Sequence[Lived]) -> dict[str, Kept]:
    """What each policy keeps: one memory for all that read the shared bars, one for each with bars of its own."""
    fits = Fits(share.place.fits)
    shared: Kept | None = None
    found = {}
    for one in policies:
        own_bars = trouble.has_own_bars(one.policy.trouble)
        if own_bars or shared is None:
            made = Kept(functools.partial(_series, one.env, share.last), fits, () if own_bars else share.ahead)
            shared = shared if own_bars else made
            found[one.policy.name] = made
        else:
            found[one.policy.name] = shared
    return found


def _series(env: Environment, last: date) -> Mapping[str, Series]:
    """The series as of the last session of a replay."""
    from stockml.pipeline import steps

    clock = calendar.clock_at(env.market, last, env.config.data.settle_minutes)
    return reader.read_series(env.market, env.config, steps.fleet_and_benchmark(env), clock)
