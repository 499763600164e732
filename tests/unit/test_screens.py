"""Screens as text, kept and compared; `python tests/_screens.py` draws them anew after a change that is meant."""

from __future__ import annotations

import io
import re
from pathlib import Path

import _screens
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from stockml.view import glyphs, interval_bar, plain, redraw, screen, status, status_table

DRAWN = dict(_screens.files())
COMMANDS = ("since ", "do: ", "next: ", "host: ")


@pytest.mark.parametrize("name", DRAWN)
def test_a_screen_is_as_it_was_kept(name: str) -> None:
    kept = (_screens.FOLDER / name).read_text(encoding="utf-8")
    assert DRAWN[name] == kept, f"if this is meant: python {Path(_screens.__file__).name}"


def test_nothing_else_is_kept() -> None:
    assert {path.name for path in _screens.FOLDER.iterdir()} == set(DRAWN)


@pytest.mark.parametrize("width", [40, 60, 79, 80, 81, 99, 100, 120, 139, 160, 200])
@pytest.mark.parametrize("name", _screens.cases())
def test_no_line_but_a_command_is_wider_than_the_terminal(name: str, width: int) -> None:
    result, as_of = _screens.cases()[name]
    for line in _screens.drawn(status.screen(result, as_of), width).splitlines():
        assert cell_len(line) <= width or line.lstrip().startswith(COMMANDS), line


@given(st.integers(60, 220), st.lists(st.sampled_from(status.STATES), min_size=1, max_size=12))
def test_rows_and_head_stand_in_columns(width: int, states: list[str]) -> None:
    rows = [_screens.row(f"S{place}", place, state) for place, state in enumerate(states)]
    lines = [line.plain for line in status_table.lines(rows, width, glyphs.UNICODE)]
    assert len(lines) == len(rows) + 1 and max(map(cell_len, lines)) <= width
    place = lines[0].index("state")
    for line, state in zip(lines[1:], states, strict=True):
        assert line[place : place + len(state)] == state


def test_without_colour_there_is_no_escape_code_and_with_it_the_words_are_the_same() -> None:
    result, as_of = _screens.cases()["every-state"]
    bare, coloured = (_screens.drawn(status.screen(result, as_of), 120, colour=one) for one in (False, True))
    assert "\x1b" not in bare and "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).split() == bare.split(), "no state is told by colour alone"
    codes = set(re.findall(r"\x1b\[([0-9;]*)m", coloured))
    assert codes <= {"0", "1", "2", "32", "35", "31", "1;31"}, "only colours readable on light and dark"


def test_a_terminal_without_unicode_gets_letters() -> None:
    assert DRAWN["status-every-state-ascii.txt"].isascii() and "?" not in DRAWN["status-every-state-ascii.txt"]


def test_a_dumb_terminal_gets_letters_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert glyphs.of(Console(file=io.StringIO())) is glyphs.ASCII


def test_text_that_an_encoding_lacks_is_replaced_and_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr("sys.stdout", out)
    made = screen.console()
    made.print("株 and \udce9")
    out.flush()
    assert out.buffer.getvalue() == b"? and ?\n"  # type: ignore[attr-defined]


def test_plain_screens_hold_a_fact_a_line_and_nothing_to_draw_with() -> None:
    lines = [line for line in DRAWN["status-every-state-plain.txt"].splitlines() if line]
    assert all(": " in line for line in lines)
    assert not set("".join(lines)) & set(glyphs.UNICODE.blocks + "─●│┼…")


@given(
    st.floats(0.0, 1.0), st.floats(0.0, 0.4), st.floats(0.0, 0.4), st.floats(0.3, 0.7), st.integers(5, 31),
)  # fmt: skip
def test_a_bar_keeps_its_width_and_tells_on_which_side_the_interval_lies(
    value: float, below: float, above: float, middle: float, width: int
) -> None:
    bar = interval_bar.draw(value, value - below, value + above, middle, 0.1, width, glyphs.ASCII)
    assert len(bar) == width
    centre = bar[width // 2]
    if value - below > middle + 0.1 / (width - 1) * 2 and centre != "<":
        assert centre == "|", "all of it is above"
    assert interval_bar.draw(None, None, None, middle, 0.1, width, glyphs.ASCII) == ""


@given(st.floats(0.01, 0.99), st.integers(2, 1_000_000))
def test_no_digit_of_a_share_is_finer_than_its_error(value: float, n: int) -> None:
    error = (value * (1.0 - value) / n) ** 0.5  # of a binomial share
    shown = plain.estimate(value, value - 1.96 * error, value + 1.96 * error, unit=100.0, most=9)
    decimals = len(shown.split()[0].partition(".")[2])
    assert decimals == 0 or 10.0**-decimals >= 100.0 * error / 10.0


@pytest.mark.parametrize(
    ("days", "said"), [(None, "-"), (0.0, "0 h"), (1.9, "46 h"), (2.0, "2.0 d"), (9.94, "9.9 d"), (45.2, "45 d")]
)
def test_days_are_told_no_finer_than_they_matter(days: float | None, said: str) -> None:
    assert plain.days(days) == said


def test_rounds_follow_one_another_where_there_is_no_terminal() -> None:
    out = io.StringIO()
    redraw.keep(Console(file=out, width=80), lambda: plain.lines(["one round"]), lambda: True, rounds=3)
    assert out.getvalue() == "one round\n\n" * 3


def test_on_a_terminal_a_round_replaces_the_last_in_one_writing_and_the_screen_is_given_back() -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, height=4, force_terminal=True, highlight=False, _environ={"TERM": "xterm"})
    redraw.keep(console, lambda: plain.lines([f"line {place}" for place in range(9)]), lambda: True, rounds=2)
    said = out.getvalue()
    assert said.count("\x1b[H") >= 2 and "\x1b[2J" not in said, "never cleared, so that it cannot flicker"
    assert "line 2" in said and "line 3" not in said, "cut at the last line of the terminal"
    assert said.endswith("\x1b[?25h\x1b[?1049l")


def test_a_terminal_that_goes_ends_it_quietly() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

    redraw.keep(Console(file=Gone(), width=80), lambda: plain.lines(["x"]), lambda: True)


def test_on_a_small_terminal_rows_give_way_and_the_answer_stays() -> None:
    result, as_of = _screens.cases()["thousand"]
    out = io.StringIO()
    console = Console(file=out, width=80, height=24, force_terminal=True, no_color=True, highlight=False,
                      _environ={"TERM": "xterm"})  # fmt: skip
    redraw.keep(console, lambda: status.screen(result, as_of, whole=False), lambda: True, rounds=1)
    said = out.getvalue()
    assert "Something is wrong" in said and "next: " in said and "S004" in said and "S039" not in said


def test_a_sentence_breaks_between_words_on_a_terminal_and_a_path_or_a_file_stays_whole() -> None:
    path = "/a/very/long/path/" + "x" * 40
    said = f"the newest one is in {path} and was verified"

    def shown(*, terminal: bool) -> list[str]:
        out = io.StringIO()
        plain.say(Console(file=out, width=30, force_terminal=terminal, no_color=True), said)
        return out.getvalue().splitlines()

    assert shown(terminal=False) == [said]
    assert shown(terminal=True) == ["the newest one is in", path, "and was verified"]
