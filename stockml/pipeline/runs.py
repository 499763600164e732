"""One run of a command that does something: its row in the ledger, its line in the log, whatever happens."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from stockml import logbook
from stockml.environment import Environment
from stockml.errors import DONE, INTERRUPTED, NOTHING_DONE, StockmlError
from stockml.ledger import facts


@dataclass
class Run:
    """What a command fills in while it runs; `seconds` is set when it ends."""

    id: str
    status: int = DONE
    summary: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


@contextlib.contextmanager
def recorded(env: Environment, command: str, area: str) -> Iterator[Run]:
    """Record a block as one run: how it began, how it ended, how long it took. Failures are recorded and go on.

    A run without an end in the ledger was killed.
    """
    run = Run(facts.start_run(env.ledger, command, env.clock))
    began = time.monotonic()
    try:
        yield run
    except KeyboardInterrupt:
        run.status, run.summary = INTERRUPTED, {"error": "interrupted"}
        raise
    except StockmlError as error:
        run.status, run.summary = error.exit_status, {"error": error.message}
        raise
    except Exception as error:
        run.status, run.summary = NOTHING_DONE, {"error": f"{type(error).__name__}: {error}"}
        raise
    finally:
        run.seconds = time.monotonic() - began
        facts.end_run(env.ledger, run.id, env.clock, run.status, run.summary)
        told = ", ".join(f"{key} {value}" for key, value in run.summary.items())
        ended = f"exit {run.status} after {run.seconds:.1f} s"
        logbook.log(env.workspace, area, f"{command} run {run.id}: {ended}; {told or 'done'}")
