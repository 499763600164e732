"""Reads in a thread of its own, so that a slow disk or a held ledger never keeps a key waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable

from stockml.dashboard.reading import Reading
from stockml.dashboard.seen import Seen, Wanted


class Watching:
    """Looks every `every_s` seconds, and at once when something else is wanted; `told` is called after each look.

    `told` runs in the reading thread. A failure that nobody foresaw is kept in `failure`, and ends the looking.
    """

    def __init__(self, reading: Reading, every_s: float, told: Callable[[], None]) -> None:
        self.reading, self.every_s, self.told = reading, every_s, told
        self.seen: Seen = reading.seen
        self.failure: BaseException | None = None
        self.is_paused = False
        self._wanted, self._is_urgent = Wanted(), False
        self._nudged, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="reading", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self, patience_s: float = 1.0) -> None:
        """Stop looking; a look that hangs is left behind."""
        self._ended.set()
        self._nudged.set()
        self._thread.join(patience_s)

    def want(self, wanted: Wanted) -> None:
        """Look at this from now on; at once if it is another thing than before."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._nudged.set()

    def nudge(self) -> None:
        """Look at once, at the fleet too: something was done."""
        self._is_urgent = True
        self._nudged.set()

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                if not self.is_paused:
                    is_urgent, self._is_urgent = self._is_urgent, False
                    self.seen = self.reading.look(self._wanted, is_urgent=is_urgent)
                self.told()
                self._nudged.wait(self.every_s)
                self._nudged.clear()
            self.reading.close()
        except BaseException as error:  # noqa: BLE001 - told by the thread that draws
            self.failure = error
            self.told()
