"""Frames of the dashboard from made-up values; run as a script it writes the kept ones in golden/dashboard anew."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from stockml.dashboard import frame
from stockml.dashboard.frame import Pen
from stockml.dashboard.seen import Detail, Event, Seen, Spoken, Training
from stockml.dashboard.state import Order, State
from stockml.pipeline.logs import Line
from stockml.view import glyphs

FOLDER = Path(__file__).parent / "golden" / "dashboard"
SYMBOLS = ("NVDA", "TSLA", "AAPL", "MSFT", "GOOGL", "AMZN", "AUR", "PLTR", "SMCI", "TSM", "MP", "SMR", "SPY")
STATES = ("healthy", "healthy", "degraded", "healthy", "stale", "expired", "untrained", "failed")
SIZES = ((80, 24), (120, 40), (200, 50))
TINY = ((20, 5), (40, 10), (60, 14))


def row(symbol: str, place: int, state: str) -> dict[str, Any]:
    """A row as `status` gives it."""
    trained = state != "untrained"
    price = {"n": 480, "mape": 0.02, "naive_mape": 0.02, "skill": 0.001, "verdict": "no_edge"}
    share = 0.5 + 0.01 * (place % 5)
    direction = {"n": 480 + place, "accuracy": share, "low": share - 0.045, "high": share + 0.045, "naive": 0.52,
                 "verdict": "no_edge", "basis": "validation"}  # fmt: skip
    interval = {"nominal": 0.9, "n": 480 + place, "coverage": 0.89, "low": 0.86, "high": 0.92, "winkler_ratio": 0.87,
                "verdict": "no_edge"}  # fmt: skip
    return {
        "symbol": symbol, "state": state, "why": None if state == "healthy" else f"a sentence that says why {state}",
        "since": None, "champion": "20260522T203000Z-3f9c2a" if trained else None, "previous": None,
        "trained_at": None, "age_days": 5.5 + place if trained else None, "data_through": "2026-05-28",
        "due": [] if trained else ["untrained"], "due_in_days": 1.5 if trained else None,
        "next_check": "2026-05-29T20:30:00Z", "verdict": "no_edge" if trained else None, "recipe": "pooled",
        "quick": False, "direction": direction if trained else None, "interval": interval if trained else None,
        "price": price if trained else None,
        "confidence": {"mean": 0.52, "ece": 0.021, "ece_noise": 0.018} if trained else None,
        "trend": {"window": 20, "sessions": ["2026-03-02", "2026-05-28"], "accuracy": [0.5] * 30,
                  "coverage": [0.85 + 0.1 * math.sin(at / 4.0) for at in range(30)]} if trained else None,
    }  # fmt: skip


def job(name: str, at: str, *, overdue: bool = False) -> dict[str, Any]:
    return {
        "name": name, "schedule": "0 6 * * 1-5", "zone": "UTC", "enabled": True, "installed": True,
        "last_start": "2026-05-28T06:00:00Z", "last_ok": "2026-05-28T06:00:09Z", "last_exit": 0, "next": at,
        "overdue": overdue, "remark": "has not been heard of since 2026-05-27 06:00" if overdue else None,
    }  # fmt: skip


def fleet(symbols: tuple[str, ...] = SYMBOLS) -> dict[str, Any]:
    rows = [row(symbol, place, STATES[place % len(STATES)]) for place, symbol in enumerate(symbols)]
    states: dict[str, int] = {}
    for one in rows:
        states[one["state"]] = states.get(one["state"], 0) + 1
    return {
        "symbols": rows, "states": states,
        "troubles": [{"level": "bad", "sentence": "PLTR failed: its champion was altered", "since": None,
                      "command": "stockml rollback PLTR"}] if len(rows) > 7 else [],
        "next": None, "source": {"providers": ["yahoo"], "outcomes": {"ok": len(rows)}, "through": "2026-05-28",
                                 "symbols": len(rows)},
        "jobs": [job("monitoring", "2026-05-29T12:00:00Z", overdue=True), job("forecasts", "2026-05-29T21:00:00Z"),
                 job("settling", "2026-05-29T22:00:00Z"), job("clean-up", "2026-05-30T03:00:00Z")],
        "host": {"cpu": 0.42, "memory": 0.63, "disk": 0.95}, "home": "/srv/stockml", "pinned": False,
    }  # fmt: skip


def close(place: int) -> float:
    return 180.0 + 14.0 * math.sin(place / 11.0) + 5.0 * math.sin(place / 3.7)


def day(place: int) -> str:
    return f"2026-{1 + place // 28:02d}-{1 + place % 28:02d}"


def spoken(made: int, horizon: int, *, is_open: bool = False) -> Spoken:
    price, reach = close(made), 1.7 * math.sqrt(horizon)
    became = close(made + horizon)
    inside = 80 if abs(became - price) <= reach else 90 if abs(became - price) <= 1.3 * reach else 0
    return Spoken(
        made=made, target=made + horizon, session=day(made), target_session=day(made + horizon), price=price,
        lo80=price - reach, hi80=price + reach, lo90=price - 1.3 * reach, hi90=price + 1.3 * reach, up=0.53,
        class_="hold", inside=None if is_open else inside, hit=None if is_open else became > price,
    )  # fmt: skip


def detail(symbol: str = "NVDA", count: int = 120) -> Detail:
    last = count - 1
    events = (
        Event("2026-05-28T20:31:00Z", "forecast", f"for {day(count)}: open"),
        Event("2026-05-28T20:31:00Z", "settled", f"{day(last)} at {close(last):,.2f}: inside the 80 %, right"),
        Event("2026-05-22T20:30:00Z", "deployed", "20260522T203000Z-3f9c2a by train"),
        Event("2026-05-22T20:30:00Z", "judged", "20260522T203000Z-3f9c2a pass: intervals hold and nothing is worse "
              "than naive over 4032 sessions; direction shows no edge"),
    )  # fmt: skip
    return Detail(
        symbol, 1, (1, 5), tuple(map(day, range(count))), tuple(map(close, range(count))),
        {1: spoken(last, 1, is_open=True), 5: spoken(last, 5, is_open=True)},
        (*(spoken(made, 1) for made in range(last - 60, last)), spoken(last, 1, is_open=True)), events,
    )  # fmt: skip


def training(**more: Any) -> Training:
    lines = tuple(f"06:00:{second:02d} {50.0 + second / 2:5.1f} % train    fit {second} of 12" for second in range(20))
    made = Training(
        id="20260529T060000Z-0a1b2c", command="train", state="running", pid=4711, symbols=13, stage="train",
        percent=62.5, stages={"collect": 1.0, "features": 1.0, "train": 0.42, "validate": 0.0, "deploy": 0.0},
        about="fit 5 of 12", began_at="2026-05-29T06:00:00Z", left_s=75.0, lines=lines,
    )  # fmt: skip
    return replace(made, **more)


ENDED = training(
    id="20260528T060000Z-aabbcc", state="ended", percent=100.0, exit_code=0, told="symbols 13, deployed 12",
    began_at="2026-05-28T06:00:00Z",
)  # fmt: skip
LOG = tuple(
    Line(f"2026-05-29T06:{minute:02d}:00Z", "monitoring", f"monitor run 20260529T06{minute:02d}00Z-aabbcc: exit 0")
    for minute in range(20)
)


def seen(**more: Any) -> Seen:
    made = Seen(
        home="/srv/stockml", fleet=fleet(), detail=detail(), trainings=(training(), ENDED), log=LOG,
        host={"cpu": 0.42, "memory": 0.63, "disk": 0.95}, limits={"cpu": 0.9, "memory": 0.9, "disk": 0.9},
        read_at="2026-05-29T06:20:00Z", wall="2026-05-29T06:20:01Z",
    )  # fmt: skip
    return replace(made, **more)


def console(width: int, height: int, *, colour: bool = False, encoding: str = "utf-8") -> Console:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    return Console(
        file=out, width=width, height=height, force_terminal=True, highlight=False, markup=False,
        color_system="standard" if colour else None, no_color=not colour, _environ={"TERM": "xterm"},
    )  # fmt: skip


def drawn(
    what: Seen, state: State, width: int, height: int, *, colour: bool = False, encoding: str = "utf-8"
) -> list[str]:
    """The lines of a frame; with `colour` as a terminal would get them."""
    made = console(width, height, colour=colour, encoding=encoding)
    lines = frame.draw(what, state, width, height, Pen(made, glyphs.of(made)))
    if colour:
        return [made._render_buffer(line) for line in lines]
    return ["".join(one.text for one in line) for line in lines]


def files() -> Iterator[tuple[str, str]]:
    """(name, content) of every kept frame."""
    whole, plain = seen(), State()
    for width, height in (*SIZES, *TINY):
        yield f"{width}x{height}.txt", _text(drawn(whole, plain, width, height))
    for width, height in SIZES:
        yield f"{width}x{height}-colour.ansi", _text(drawn(whole, plain, width, height, colour=True))
    yield "80x24-ascii.txt", _text(drawn(whole, plain, 80, 24, encoding="ascii"))
    yield "120x40-ascii.txt", _text(drawn(whole, plain, 120, 40, encoding="ascii"))
    for name, state in STATES_SHOWN.items():
        yield f"{name}.txt", _text(drawn(whole, state, 100, 30))
    for name, what in SEEN_SHOWN.items():
        yield f"{name}.txt", _text(drawn(what, plain, 100, 30))


STATES_SHOWN = {
    "help": State(page="help"), "legend": State(page="legend"),
    "symbol-whole": State(focus="symbol", is_zoomed=True), "log-scrolled": State(focus="log", scrolls={"log": 5}),
    "filtered": State(filter="s", only="degraded", is_typing=True, sort="age"),
    "question": State(asking=Order("start", ("train", "NVDA"), question="Train NVDA now?")),
    "paused": State(is_paused=True, message="started: stockml train NVDA; it goes on when this screen is closed"),
}  # fmt: skip
SEEN_SHOWN = {
    "first-moment": Seen("/srv/stockml"),
    "vanished": seen(trouble="/srv/stockml: the workspace is gone; it is looked for again and again"),
    "no-symbols": seen(fleet=fleet(()), detail=None, trainings=(), log=()),
    "one-untrained": seen(
        fleet=fleet(("NEW",)), detail=Detail("NEW", 1, (1, 5), problem="no bars are stored"), trainings=(), log=()
    ),
    "killed": seen(trainings=(training(state="killed"), ENDED)),
    "long-and-wide": seen(
        fleet=fleet(("A123456789.LONG-NAME", "^NSEI", "BRK-B")), detail=detail("A123456789.LONG-NAME"),
        log=(Line("2026-05-29T06:00:00Z", "training", "株式会社の価格 cannot be read " + "ü" * 200),) * 3,
    ),
}  # fmt: skip


def _text(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for name, content in files():
        (FOLDER / name).write_text(content, encoding="utf-8")
