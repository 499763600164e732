"""The screens that are kept as text under tests/golden/screens: `python tests/_screens.py` draws them anew."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from stockml import glossary
from stockml.view import glossary as glossary_view
from stockml.view import status, status_plain

FOLDER = Path(__file__).parent / "golden" / "screens"
WIDTHS = (80, 120, 200)
Show = Callable[[Console], None]
SYMBOLS = ("NVDA", "TSLA", "AAPL", "MSFT", "GOOGL", "AMZN", "AUR", "PLTR", "SMCI", "TSM", "MP", "SMR", "SPY")
WRONG = {
    "failed": ("champion", "version 20260501T203000Z-00c0de: file 'parameters.json' was altered (its sha256 differs)"),
    "stale": ("gone", "the newest bar is of 2025-07-08, 225 sessions old, limit 5; its source has nothing newer"),
    "expired": ("expired", "the champion is 95 days old, limit 90: no forecasts"),
    "untrained": ("untrained", "it was never trained"),
    "degraded": ("evidence", "coverage: 1 ahead: 79.4% of 63 intervals held their outcome, 90.0% were promised"),
}


def row(symbol: str, place: int, state: str = "healthy", *, live: bool = False) -> dict[str, Any]:
    """A row with figures that depend on its place only."""
    accuracy, n = 0.46 + 0.011 * (place * 7 % 13), 63 if live else 503
    held, error = 0.86 + 0.006 * (place * 5 % 11), 0.1 if live else 0.035
    shares = [min(1.0, round(held - 0.05 * ((place + step) % 4 - 1), 2)) for step in range(24)]
    known = state != "untrained"
    direction = {
        "n": n, "accuracy": accuracy, "low": accuracy - error, "high": accuracy + error, "naive": 0.52,
        "verdict": "no_edge", "basis": "live" if live else "validation",
    }  # fmt: skip
    interval = {
        "nominal": 0.9, "n": n, "coverage": held, "low": held - error / 2, "high": min(1.0, held + error / 2),
        "winkler_ratio": None if live else 0.88 + 0.01 * (place % 7), "verdict": "no_edge",
    }  # fmt: skip
    return {
        "symbol": symbol, "state": state, "why": WRONG[state][1] if state in WRONG else None,
        "since": None if state == "healthy" else "2026-05-01T20:30:00Z",
        "champion": "20260501T203000Z-00c0de" if known else None, "previous": None, "trained_at": None,
        "age_days": 4.2 + place if known else None, "data_through": "2026-05-29" if state != "stale" else "2025-07-08",
        "due": ["age: the champion is 8.2 days old, limit 7"] if place % 5 == 4 and known else [],
        "due_in_days": 2.8 if known else None, "next_check": "2026-06-01T20:30:00Z",
        "verdict": "no_edge" if known else None, "recipe": "pooled", "quick": False,
        "trend": {"window": 20, "coverage": shares, "accuracy": shares} if known and place % 3 else None,
        "direction": direction if known else None, "interval": interval if known else None,
        "price": {"n": n, "skill": 0.0012 * (place % 5 - 2), "verdict": "no_edge"} if known else None,
        "confidence": None,
    }  # fmt: skip


def trouble(kind: str, level: str, sentence: str, command: str, since: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "level": level, "sentence": sentence, "since": since, "command": command, "symbols": []}


def told(rows: list[dict[str, Any]], troubles: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """A result of `status` around some rows."""
    states: dict[str, int] = {}
    for one in rows:
        states[one["state"]] = states.get(one["state"], 0) + 1
    found = troubles or []
    return {
        "symbols": rows, "states": states, "troubles": found, "next": found[0]["command"] if found else None,
        "source": {"providers": ["yahoo"], "outcomes": {"ok": len(rows)}, "through": "2026-05-29" if rows else None,
                   "symbols": sum(one["data_through"] == "2026-05-29" for one in rows)},
        "jobs": [], "host": {"cpu": 0.31, "memory": 0.42, "disk": 0.55}, "home": "/home/ann/stockml",
        "pinned": False, **more,
    }  # fmt: skip


def every_state() -> dict[str, Any]:
    rows = [row(SYMBOLS[place], place, state) for place, state in enumerate(status.STATES)]
    found = [
        trouble("champion", "bad", f"NVDA: {WRONG['failed'][1]}", "stockml rollback NVDA", "2026-05-28T11:02:00Z"),
        trouble("expired", "bad", f"AAPL: {WRONG['expired'][1]}", "stockml train", "2026-05-24T20:30:00Z"),
        trouble("untrained", "bad", f"MSFT: {WRONG['untrained'][1]}", "stockml train"),
        trouble("gone", "bad", f"TSLA: {WRONG['stale'][1]}", "stockml config set symbols '[\"NVDA\"]'", "2025-07-08"),
        trouble("evidence", "bad", f"GOOGL: {WRONG['degraded'][1]}", "stockml train", "2026-05-27T21:00:00Z"),
        trouble("memory", "warn", "the memory is 93% used, limit 90%", "stockml monitor"),
        trouble("due", "note", "training is due: AMZN: age: the champion is 8.2 days old, limit 7", "stockml train"),
    ]
    return told(rows, found)


def jobs() -> dict[str, Any]:
    def job(name: str, *, overdue: bool = False, remark: str | None = None) -> dict[str, Any]:
        return {"name": name, "schedule": "0 2 * * 0", "enabled": True, "installed": True, "overdue": overdue,
                "remark": remark, "next": "2026-05-31T06:00:00Z", "last_ok": "2026-05-17T06:04:00Z",
                "last_exit": 0}  # fmt: skip

    late = "was due Sun 2026-05-24 02:00 America/New_York and has not been started since"
    rows = [row(symbol, place) for place, symbol in enumerate(SYMBOLS[:3])]
    found = [trouble("jobs", "bad", f"smart_training {late}", "stockml schedule run --missed", "2026-05-24T06:00:00Z")]
    return told(rows, found, jobs=[job("smart_training", overdue=True, remark=late), job("monitoring")])


def thousand() -> dict[str, Any]:
    """The forty worst of a thousand."""
    rows = [row(f"S{place:03d}", place, "stale" if place < 12 else "expired") for place in range(40)]
    found = [
        trouble("expired", "bad", f"60 of 1,000 symbols expired: {WRONG['expired'][1]}", "stockml train",
                "2026-05-24T20:30:00Z"),
        trouble("gone", "bad", f"12 of 1,000 symbols stale: {WRONG['stale'][1]}",
                "stockml data check S000 S001 S002 S003 S004 S005 S006 S007", "2025-07-08"),
    ]  # fmt: skip
    made = told(rows, found, states={"healthy": 928, "expired": 60, "stale": 12})
    made["source"] = {"providers": ["yahoo", "stooq"], "outcomes": {"ok": 988, "stale": 12}, "symbols": 988,
                      "through": "2026-05-29"}  # fmt: skip
    return made


def long_and_wide() -> dict[str, Any]:
    rows = [row("A2345678901234567890", 1, "degraded", live=True), row("^NSEI", 2, live=True), row("INFY.NS", 3)]
    words = "monitor: 株価データの取得元が応答しません (the source does not answer): " + "x" * 90
    found = [trouble("alert", "warn", words, "stockml monitor", "2026-05-28T11:02:00Z")]
    return told(rows, found, home="/home/ann/株式 モデル/" + "very-long-folder-name/" * 4)


def cases() -> dict[str, tuple[dict[str, Any], str | None]]:
    """Results of `status` by name, with the day they are as of."""
    well = [row(symbol, place, live=place % 2 == 0) for place, symbol in enumerate(SYMBOLS)]
    pinned = trouble("clock", "note", "the clock is pinned to 2026-05-29 by as_of in the configuration: nothing later "
                     "is seen", "stockml config set as_of null", "2026-05-29T08:00:00Z")  # fmt: skip
    fresh = [row(symbol, place, "untrained") for place, symbol in enumerate(SYMBOLS)]
    never = trouble("untrained", "bad", "13 of 13 symbols untrained: it was never trained", "stockml train")
    return {
        "none": (told([]), None),
        "one": (told([row("SPY", 1, live=True)]), None),
        "thirteen": (told(well), None),
        "untrained": (told(fresh, [never]), None),
        "every-state": (every_state(), "2026-05-29"),
        "pinned": ({**told(well[:2], [pinned]), "next": None, "pinned": True}, "2026-05-29"),
        "jobs-overdue": (jobs(), None),
        "thousand": (thousand(), None),
        "long-and-wide": (long_and_wide(), None),
    }


def drawn(show: Show, width: int, *, colour: bool = False, encoding: str = "utf-8") -> str:
    """What a console of so many columns gets, colours as escape codes."""
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace", newline="\n")
    console = Console(
        file=out, width=width, height=50, force_terminal=colour, color_system="standard" if colour else None,
        no_color=not colour, highlight=False, markup=False, legacy_windows=False, _environ={"TERM": "xterm"},
    )  # fmt: skip
    show(console)
    out.flush()
    assert isinstance(out.buffer, io.BytesIO)
    lines = out.buffer.getvalue().decode(encoding).splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def files() -> Iterator[tuple[str, str]]:
    """(name, content) of every file that is kept."""
    found = cases()
    for name, (result, as_of) in found.items():
        show = status.screen(result, as_of)
        yield f"status-{name}.txt", "\n".join(f"== {width} columns\n{drawn(show, width)}" for width in WIDTHS)
    result, as_of = found["every-state"]
    for name, (one, day) in {"thirteen": found["thirteen"], "every-state": found["every-state"]}.items():
        yield f"status-{name}-colour.ansi", drawn(status.screen(one, day), 120, colour=True)
    yield "status-every-state-ascii.txt", drawn(status.screen(result, as_of), 80, encoding="ascii")
    yield "status-every-state-wide.txt", drawn(status.screen(result, as_of, wide=True, everything=True), 80)
    yield "status-every-state-plain.txt", drawn(status_plain.screen(result, as_of), 80)
    legend = glossary_view.legend([one.as_json() for one in glossary.legend("status")])
    yield "status-legend.txt", drawn(legend, 80)
    term = glossary.find("ece")
    assert term is not None
    yield "explain-ece.txt", drawn(glossary_view.word(term.as_json()), 80)
    names = {name: [one.name for one in words] for name, words in glossary.groups().items()}
    yield "explain.txt", drawn(glossary_view.listing(names), 80)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.*"):
        old.unlink()
    for name, content in files():
        (FOLDER / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
