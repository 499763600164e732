"""What each key does. Pure: the state, a key and what is seen in; the new state and an order, if any, out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from stockml.dashboard import rows as listing
from stockml.dashboard.seen import Seen, Training
from stockml.dashboard.state import FOCUSED, Order, State

Pressed = tuple[State, Order | None]
One = TypeVar("One")
PAGE = 10  # rows that a page key moves by
STEPS = {"up": -1, "k": -1, "down": 1, "j": 1, "pageup": -PAGE, "pagedown": PAGE, "home": -10**6, "end": 10**6,
         "g": -10**6, "G": 10**6}  # fmt: skip
HELP = (
    ("up down j k", "select a symbol, or scroll the panel in focus; page up, page down, home, end too"),
    ("tab", "put the next panel in focus; shift-tab the one before"),
    ("enter", "give the panel in focus the whole screen, and back; esc also goes back"),
    ("/", "show only symbols that contain what you type; enter keeps it, esc drops it"),
    ("s  f", "sort by the next column; show one state only"),
    ("h", "the next horizon of the selected symbol"),
    ("w  l", "why the selected symbol stands where it stands; what the words mean"),
    ("!", "what is wrong, since when, and the command that helps"),
    ("t  T", "train the selected symbol; train all that is due"),
    ("x", "stop the training that runs (the one chosen in its panel)"),
    ("p", "pause: the screen stands still, and looks again when pressed once more"),
    ("r", "look at everything now"),
    ("?", "this page"),
    ("q", "quit; what was started here goes on"),
)


def press(state: State, key: str, seen: Seen) -> Pressed:
    """What a key does. A question is answered first, then what is typed, then an open page, then the rest."""
    if key == "ctrl+c":
        return replace(state, is_over=True), Order("quit")
    if state.asking is not None:
        return _answer(state, key)
    state = replace(state, message="")
    if state.is_typing:
        return _type(state, key), None
    if state.page:
        return _leaf(state, key), None
    if key in STEPS:
        return _move(state, STEPS[key], seen), None
    action = ACTIONS.get(key)
    return action(state, seen) if action else (state, None)


def running(seen: Seen) -> list[Training]:
    """The trainings that run now."""
    return [one for one in seen.trainings if one.is_running]


def chosen_run(state: State, seen: Seen) -> Training | None:
    """The run that the training panel shows and `x` stops: the chosen one, else the newest that runs, else the last."""
    picked = next((one for one in seen.trainings if one.id == state.run), None)
    return picked or next(iter(seen.trainings), None)


def _answer(state: State, key: str) -> Pressed:
    order, state = state.asking, replace(state, asking=None)
    if key in ("y", "Y"):
        return replace(state, run=""), order  # so that the training panel shows what begins now
    return replace(state, message="left as it is"), None


def _type(state: State, key: str) -> State:
    if key == "enter":
        return replace(state, is_typing=False)
    if key == "escape":
        return replace(state, is_typing=False, filter="")
    if key == "backspace":
        return replace(state, filter=state.filter[:-1])
    if key in ("up", "down", "tab"):
        return replace(state, is_typing=False)
    return replace(state, filter=state.filter + key) if len(key) == 1 and key.isprintable() else state


def _leaf(state: State, key: str) -> State:
    """Scroll an open page, or close it."""
    if key in STEPS:
        return _scrolled(state, state.page, STEPS[key])
    return replace(state, page="", scrolls={**state.scrolls, state.page: 0})


def _scrolled(state: State, name: str, step: int, most: int | None = None) -> State:
    """Scroll a page or panel. To its end at once only where it is known (`most` lines)."""
    if most is None and step > PAGE:
        return state
    place = max(0, state.scrolled(name) + step)
    return replace(state, scrolls={**state.scrolls, name: place if most is None else min(most, place)})


def _move(state: State, step: int, seen: Seen) -> State:
    """Move the selection of the panel in focus, or scroll it. The log is scrolled back from its end."""
    if state.focus == "fleet":
        shown = listing.listed(seen.rows, state)
        if not shown:
            return state
        place = min(len(shown) - 1, max(0, listing.place_of(shown, state.selected) + step))
        return replace(state, selected=shown[place]["symbol"], scrolls={**state.scrolls, "symbol": 0})
    if state.focus == "training" and len(seen.trainings) > 1:
        names = [one.id for one in seen.trainings]
        at = names.index(state.run) if state.run in names else 0
        return replace(state, run=names[min(len(names) - 1, max(0, at + step))])
    if state.focus == "log":
        return _scrolled(state, "log", -step, len(seen.log))
    return _scrolled(state, state.focus, step)


def _following(names: Sequence[One], now: One, step: int = 1) -> One:
    place = names.index(now) if now in names else -1
    return names[(place + step) % len(names)]


def _changed(**how: Callable[[State], object]) -> Callable[[State, Seen], Pressed]:
    """An action that changes fields of the state only."""

    def action(state: State, seen: Seen) -> Pressed:
        return replace(state, **{name: made(state) for name, made in how.items()}), None  # type: ignore[arg-type]

    return action


def _escape(state: State, seen: Seen) -> Pressed:
    """Go back one step: from the whole screen, from the filters, to the fleet."""
    if state.is_zoomed:
        return replace(state, is_zoomed=False), None
    if state.filter or state.only:
        return replace(state, filter="", only=""), None
    return replace(state, focus="fleet"), None


def _enter(state: State, seen: Seen) -> Pressed:
    """The panel in focus whole; from the list it is the selected symbol that is opened."""
    if state.focus == "fleet" and not state.is_zoomed:
        return replace(state, focus="symbol", is_zoomed=True), None
    if state.focus == "symbol" and state.is_zoomed:
        return replace(state, focus="fleet", is_zoomed=False), None
    return replace(state, is_zoomed=not state.is_zoomed), None


def _horizon(state: State, seen: Seen) -> Pressed:
    if seen.detail is None:
        return state, None
    return replace(state, horizon=_following(seen.detail.horizons, seen.detail.horizon)), None


def _train(state: State, seen: Seen) -> Pressed:
    symbol = listing.chosen(listing.listed(seen.rows, state), state.selected)
    if symbol is None:
        return replace(state, message="no symbol is selected"), None
    return _asked(state, Order("start", ("train", symbol), question=f"Train {symbol} now?"))


def _train_due(state: State, seen: Seen) -> Pressed:
    due = sum(bool(row["due"]) for row in seen.rows)
    return _asked(state, Order("start", ("train",), question=f"Train all that is due ({due} of {len(seen.rows)})?"))


def _stop(state: State, seen: Seen) -> Pressed:
    run = chosen_run(state, seen)
    if run is None or not run.is_running:
        run = next(iter(running(seen)), None)
    if run is None:
        return replace(state, message="no training is running"), None
    told = f"Stop the {run.command} {run.id} (process {run.pid or 'unknown'}, {run.percent:.0f} %)?"
    return _asked(state, Order("stop", run=run.id, question=told))


def _asked(state: State, order: Order) -> Pressed:
    return replace(state, asking=order), None


def _quit(state: State, seen: Seen) -> Pressed:
    return replace(state, is_over=True), Order("quit")


def _look(state: State, seen: Seen) -> Pressed:
    return replace(state, message="looking"), Order("look")


ACTIONS: dict[str, Callable[[State, Seen], Pressed]] = {
    "tab": _changed(focus=lambda state: _following(FOCUSED, state.focus)),
    "backtab": _changed(focus=lambda state: _following(FOCUSED, state.focus, -1)),
    "enter": _enter,
    "escape": _escape,
    "/": _changed(is_typing=lambda _: True, is_zoomed=lambda _: False, focus=lambda _: "fleet", filter=lambda _: ""),
    "s": _changed(sort=lambda state: _following(listing.ORDERS, state.sort)),
    "f": _changed(only=lambda state: _following(listing.ONLY, state.only)),
    "h": _horizon,
    "w": _changed(page=lambda _: "why"),
    "l": _changed(page=lambda _: "legend"),
    "?": _changed(page=lambda _: "help"),
    "!": _changed(page=lambda _: "troubles"),
    "t": _train,
    "T": _train_due,
    "x": _stop,
    "p": _changed(is_paused=lambda state: not state.is_paused),
    "r": _look,
    "q": _quit,
}
