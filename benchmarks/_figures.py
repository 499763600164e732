"""What every benchmark shares: the figure it yields, and the two ways of timing two sides by turns."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

OURS, YARDSTICK = 0, 1


@dataclass(frozen=True)
class Figure:
    """One measured ratio. `limit` None: for orientation only, it cannot fail. `ratio` None: skipped, `detail` says why.

    `detail` holds the absolute times behind the ratio; they belong to the machine, the ratio less so.
    """

    name: str
    ratio: float | None
    limit: float | None
    detail: str

    @property
    def held(self) -> bool:
        return self.ratio is None or self.limit is None or self.ratio <= self.limit

    def as_json(self) -> dict[str, object]:
        ratio = None if self.ratio is None else round(self.ratio, 4)
        return {"name": self.name, "ratio": ratio, "limit": self.limit, "held": self.held, "detail": self.detail}


@dataclass(frozen=True)
class Cost:
    """What one run of a process cost, in seconds: on the wall, and of processor (user and system, children too)."""

    wall: float
    cpu: float


def cost(arguments: Sequence[str], may_exit: tuple[int, ...] = (0,), **environment: str) -> Cost:
    """Run a command in a process of its own. Raises RuntimeError if it ends with an unexpected exit status."""
    started = time.perf_counter()
    done = subprocess.Popen(
        list(arguments), env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.stdout is not None
    output = done.stdout.read()
    done.stdout.close()
    _, status, usage = os.wait4(done.pid, 0)  # the usage of this process alone, whatever else ran meanwhile
    wall = time.perf_counter() - started
    done.returncode = os.waitstatus_to_exitcode(status)
    if done.returncode not in may_exit:
        told = output.decode(errors="replace")[-800:]
        raise RuntimeError(f"{' '.join(arguments)}: exit {done.returncode}\n{told}")
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def by_turns(sides: Sequence[Callable[[], float]], rounds: int) -> list[list[float]]:
    """The seconds of each side, measured by turns, so that a slow moment of the machine hits all of them."""
    taken: list[list[float]] = [[] for _ in sides]
    for turn in range(rounds):
        order = range(len(sides)) if turn % 2 == 0 else range(len(sides) - 1, -1, -1)
        for place in order:
            gc.collect()
            taken[place].append(sides[place]())
    return taken


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def told(seconds: Mapping[str, Sequence[float]]) -> str:
    """The medians of named sides, in milliseconds, with the fastest and slowest round."""
    return ", ".join(
        f"{name} {1e3 * median(one):.3g} ms [{1e3 * min(one):.3g}-{1e3 * max(one):.3g}]"
        for name, one in seconds.items()
    )


def python(code: str) -> list[str]:
    """The command line that runs some code in the interpreter of this environment."""
    return [sys.executable, "-c", code]


def stockml() -> str:
    """The installed command next to this interpreter."""
    return os.path.join(os.path.dirname(sys.executable), "stockml")
