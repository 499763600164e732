"""Frames of the dashboard: kept ones, their shape at every size, and the picture of prices."""

from __future__ import annotations

import re

import _dashboard
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from stockml.dashboard import layout, panels
from stockml.dashboard.chart import Canvas
from stockml.dashboard.seen import Seen
from stockml.dashboard.state import FOCUSED, PAGES, State

DRAWN = dict(_dashboard.files())
ESCAPES = re.compile(r"\x1b\[([0-9;]*)m")


@pytest.mark.parametrize("name", DRAWN)
def test_a_frame_is_as_it_was_kept(name: str) -> None:
    kept = (_dashboard.FOLDER / name).read_text(encoding="utf-8")
    assert DRAWN[name] == kept, "if this is meant: python tests/_dashboard.py"


def test_nothing_else_is_kept() -> None:
    assert {path.name for path in _dashboard.FOLDER.iterdir()} == set(DRAWN)


@given(
    st.integers(1, 210), st.integers(1, 60), st.sampled_from(FOCUSED), st.booleans(), st.sampled_from(("", *PAGES)),
    st.sampled_from([_dashboard.seen(), *_dashboard.SEEN_SHOWN.values()]), st.booleans(),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_every_line_of_a_frame_is_as_wide_as_the_terminal(
    width: int, height: int, focus: str, is_zoomed: bool, page: str, what: Seen, is_plain: bool
) -> None:
    state = State(focus=focus, is_zoomed=is_zoomed, page=page)
    lines = _dashboard.drawn(what, state, width, height, encoding="ascii" if is_plain else "utf-8")
    assert len(lines) == height
    assert {cell_len(line) for line in lines} == {width}
    assert not is_plain or all(line.isascii() for line in lines)


@given(st.integers(1, 250), st.integers(1, 80), st.sampled_from(FOCUSED), st.booleans(), st.integers(0, 12))
def test_panels_cover_the_screen_without_gap_or_overlap(
    width: int, height: int, focus: str, is_zoomed: bool, jobs: int
) -> None:
    placed = layout.arrange(width, height, focus, is_zoomed=is_zoomed, jobs=jobs)
    foot = 1 if height >= 6 else 0
    assert sum(one.width * one.height for one in placed) == width * max(1, height - 1 - foot)
    assert all(one.left >= 0 and one.left + one.width <= width and one.height >= 1 for one in placed)


def test_without_colour_there_is_no_escape_code_and_with_it_the_words_are_the_same() -> None:
    for width, height in _dashboard.SIZES:
        bare, coloured = DRAWN[f"{width}x{height}.txt"], DRAWN[f"{width}x{height}-colour.ansi"]
        assert "\x1b" not in bare and "\x1b[" in coloured
        assert ESCAPES.sub("", coloured).split() == bare.split(), "nothing is told by colour alone"
        codes = {one for found in ESCAPES.findall(coloured) for one in found.split(";")}
        assert codes <= {"0", "1", "2", "7", "31", "32", "35", "36"}, "only colours readable on light and dark"


def test_names_that_are_too_long_and_wide_letters_break_no_column() -> None:
    lines = DRAWN["long-and-wide.txt"].splitlines()
    assert any("株式会社" in line for line in lines) and any("…" in line for line in lines)


def test_text_from_logs_cannot_move_the_cursor() -> None:
    from stockml.pipeline.logs import Line

    what = _dashboard.seen(log=(Line("", "training", "a\x1b[2Jb\tc\x07"),))
    assert not any("\x1b" in line or "\x07" in line for line in _dashboard.drawn(what, State(), 120, 40))


def test_the_answer_is_on_the_smallest_screen_too() -> None:
    small = DRAWN["20x5.txt"]
    assert "Something is wrong" in small and "NVDA" in small


def test_every_panel_has_a_title_a_note_and_lines() -> None:
    for name in panels.names():
        panel = panels.load(name)
        assert panel.title(_dashboard.seen(), State()) and isinstance(panel.note(_dashboard.seen(), State()), str)


def test_a_line_goes_from_corner_to_corner() -> None:
    canvas = Canvas(2, 1, 0.0, 1.0, 0.0, 1.0)
    canvas.layer("bold", "*")
    canvas.line([0.0, 1.0], [0.0, 1.0])
    # 4 by 4 dots, the diagonal from the lower left: Unicode names them U+2800 plus dots 7 and 6, then 2 and 4 by hand
    assert [cell for cell, _ in canvas.lines(braille=True)[0]] == [chr(0x2800 + 0x40 + 0x20), chr(0x2800 + 0x02 + 0x08)]
    assert canvas.lines(braille=False) == [[("*", "bold"), ("*", "bold")]]


def test_what_lies_outside_is_not_drawn_and_a_flat_line_is_in_the_middle() -> None:
    canvas = Canvas(4, 3, 0.0, 3.0, 5.0, 5.0)
    canvas.layer("", "*")
    canvas.line([0.0, 3.0], [5.0, 5.0])
    canvas.dot(99.0, 5.0)
    assert [any(cell != " " for cell, _ in line) for line in canvas.lines(braille=True)] == [False, True, False]


def test_hits_and_misses_stand_under_their_sessions_with_their_counts() -> None:
    text = DRAWN["200x50.txt"]
    past = [one for one in _dashboard.detail().past if one.inside is not None]
    missed = sum(one.inside == 0 for one in past)
    assert 0 < missed < len(past) and f"{missed}/{len(past)} out" in text
    assert f"{sum(bool(one.hit) for one in past)}/{len(past)} +" in text
