"""What both event loops share: the state, the reading thread, the orders of keys, the frame of the moment."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

from stockml.dashboard import actions, frame, keyboard
from stockml.dashboard import rows as listing
from stockml.dashboard.actions import Started
from stockml.dashboard.frame import Line, Pen
from stockml.dashboard.reading import Reading
from stockml.dashboard.seen import Seen, Wanted
from stockml.dashboard.state import Order, State
from stockml.dashboard.watching import Watching
from stockml.errors import StockmlError
from stockml.workspace import Workspace

SWITCH_S = 0.001  # that the thread that draws waits for the one that reads to let go of the interpreter


class Session:
    """One sitting before the screen. Keys go in by `press`, frames come out of `lines`; `told` wakes the event loop."""

    def __init__(
        self, place: Workspace, as_of: str | None, every_s: float, symbol: str | None, told: Callable[[], None]
    ) -> None:
        self.place, self.as_of = place, as_of
        self.state = State(selected=symbol)
        self.watching = Watching(Reading(place, as_of), every_s, told)
        self.started: list[Started] = []

    @property
    def seen(self) -> Seen:
        return self.watching.seen

    @property
    def is_over(self) -> bool:
        return self.state.is_over

    def begin(self) -> None:
        sys.setswitchinterval(SWITCH_S)
        self.watching.want(self._wanted())
        self.watching.begin()

    def end(self) -> None:
        """Stop looking. What was started from here goes on."""
        self.watching.end()

    def press(self, key: str) -> None:
        """Let a key change what is shown, and carry out what it orders."""
        before = self.state
        self.state, order = keyboard.press(before, key, self.seen)
        if order is not None:
            self._obey(order)
        if before.is_paused and not self.state.is_paused:
            self.watching.nudge()
        self.watching.is_paused = self.state.is_paused
        self.watching.want(self._wanted())

    def hear(self) -> None:
        """Take what the reading thread and the started commands have to say. Raises what the thread died of."""
        if self.watching.failure is not None:
            raise self.watching.failure
        for one in list(self.started):
            told = actions.outcome(one)
            if told is not None:
                self.started.remove(one)
                self.state = replace(self.state, message=told)
                self.watching.nudge()
        self.watching.want(self._wanted())

    def lines(self, width: int, height: int, pen: Pen) -> list[Line]:
        """The frame of this moment."""
        return frame.draw(self.seen, self.state, max(1, width), max(1, height), pen)

    def _wanted(self) -> Wanted:
        shown = listing.listed(self.seen.rows, self.state)
        symbol = listing.chosen(shown, self.state.selected) if shown else self.state.selected
        return Wanted(symbol, self.state.horizon, self.state.page == "why")

    def _obey(self, order: Order) -> None:
        """Carry out an order; what came of it, or why nothing did, is told in the last line."""
        try:
            told = self._carry_out(order)
        except StockmlError as error:
            told = error.message + (f" ({error.hint})" if error.hint else "")
        if told:
            self.state = replace(self.state, message=told)

    def _carry_out(self, order: Order) -> str:
        if order.kind == "start":
            self.started.append(actions.start(self.place, order.words, self.as_of))
            return f"started: stockml {' '.join(order.words)}; it goes on when this screen is closed"
        if order.kind == "stop":
            run = next((one for one in self.seen.trainings if one.id == order.run and one.is_running), None)
            return actions.stop(run) if run is not None else f"run {order.run} has ended already"
        if order.kind == "look":
            self.watching.nudge()
        return ""
