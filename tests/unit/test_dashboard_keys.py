"""What keys are, and what each of them does to what is shown."""

from __future__ import annotations

from dataclasses import replace

import _dashboard
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockml.dashboard import keyboard, keys
from stockml.dashboard import rows as listing
from stockml.dashboard.state import State

SEEN = _dashboard.seen()


def after(*pressed: str, state: State | None = None) -> State:
    made = state or State()
    for key in pressed:
        made, _ = keyboard.press(made, key, SEEN)
    return made


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"jq", ["j", "q"]), (b"\x1b[A\x1bOB", ["up", "down"]), (b"\t\x1b[Z\r\n", ["tab", "backtab", "enter", "enter"]),
        (b"\x1b[5~\x1b[6~\x1b[1~\x1b[F", ["pageup", "pagedown", "home", "end"]),
        (b"\x7f\x08\x03", ["backspace", "backspace", "ctrl+c"]),
        ("ü株".encode(), ["ü", "株"]), (b"\x1b[15;5~x", ["x"]), (b"\x1bj", ["escape", "j"]), (b"\xff\xfea", ["a"]),
    ],
)  # fmt: skip
def test_bytes_of_a_terminal_are_keys(content: bytes, named: list[str]) -> None:
    assert keys.decode(content, is_all=True) == (named, b"")


def test_an_escape_is_the_key_only_when_nothing_follows() -> None:
    assert keys.decode(b"\x1b") == ([], b"\x1b")
    assert keys.decode(b"\x1b", is_all=True) == (["escape"], b"")
    assert keys.decode("ü".encode()[:1]) == ([], "ü".encode()[:1])


@given(st.lists(st.sampled_from([b"j", b"\x1b[A", b"\x1b[6~", "ü".encode(), b"\t", b"\x1bOF"]), max_size=8), st.data())
def test_keys_are_the_same_however_their_bytes_arrive(parts: list[bytes], data: st.DataObject) -> None:
    content = b"".join(parts)
    cut = data.draw(st.integers(0, len(content)))
    first, rest = keys.decode(content[:cut])
    second, _ = keys.decode(rest + content[cut:])
    assert first + second == keys.decode(content)[0]


@given(st.binary(max_size=40))
def test_no_bytes_whatever_break_the_reading_of_keys(content: bytes) -> None:
    found, rest = keys.decode(content)
    assert all(found) and content.endswith(rest)
    assert keys.decode(content, is_all=True)[1] == b""


def test_the_selection_moves_through_the_rows_as_they_are_listed_and_stops_at_the_ends() -> None:
    assert after("j").selected == "TSLA"
    assert after("j", "up", "up").selected == "NVDA"
    assert after("end").selected == "SPY" and after("end", "home").selected == "NVDA"
    assert after("s", "j").selected == "AMZN", "sorted by symbol: AAPL, AMZN"


def test_typing_filters_and_escape_drops_the_filter() -> None:
    made = after("/", "S", "m")
    assert made.is_typing and [row["symbol"] for row in listing.listed(SEEN.rows, made)] == ["SMCI", "TSM", "SMR"]
    assert after("/", "S", "m", "backspace", "enter").filter == "S"
    assert after("/", "S", "escape").filter == ""
    assert after("/", "q").is_over is False, "letters are letters while one types"


def test_one_state_is_shown_after_the_other() -> None:
    made = after("f")
    assert {row["state"] for row in listing.listed(SEEN.rows, made)} == {"failed"}
    assert after(*["f"] * len(listing.ONLY)).only == ""


def test_every_order_is_asked_for_first_and_only_a_yes_carries_it_out() -> None:
    for key, words in (("t", ("train", "NVDA")), ("T", ("train",))):
        made, order = keyboard.press(State(), key, SEEN)
        assert order is None and made.asking is not None and made.asking.words == words
        assert keyboard.press(made, "y", SEEN)[1] == made.asking
        for other in ("n", "escape", "q", "t", " ", "enter"):
            state, order = keyboard.press(made, other, SEEN)
            assert order is None and state.asking is None and not state.is_over
        assert keyboard.press(made, "ctrl+c", SEEN)[0].is_over


def test_only_a_running_training_is_stopped_and_the_question_names_its_process() -> None:
    asking = after("x").asking
    assert asking is not None and asking.run == SEEN.trainings[0].id and "4711" in asking.question
    made, order = keyboard.press(State(), "x", replace(SEEN, trainings=(_dashboard.ENDED,)))
    assert order is None and made.asking is None and made.message == "no training is running"


def test_of_several_trainings_the_chosen_one_is_stopped() -> None:
    other = _dashboard.training(id="20260529T050000Z-ffffff", pid=4712)
    several = replace(SEEN, trainings=(SEEN.trainings[0], other))
    state, _ = keyboard.press(State(focus="training"), "j", several)
    state, _ = keyboard.press(state, "x", several)
    assert state.asking is not None and state.asking.run == other.id


def test_tab_goes_round_and_enter_opens_and_closes() -> None:
    assert after("tab").focus == "symbol" and after("backtab").focus == "log"
    opened = after("enter")
    assert opened.is_zoomed and opened.focus == "symbol"
    assert after("enter", "enter") == State() and after("enter", "escape").is_zoomed is False


def test_pages_scroll_and_any_other_key_closes_them() -> None:
    made = after("?", "j", "j")
    assert made.page == "help" and made.scrolled("help") == 2
    assert after("?", "j", "x") == State(scrolls={"help": 0}), "and does nothing else"


KEYS = [*keyboard.ACTIONS, *keyboard.STEPS, "y", "n", "a", "backspace", "ctrl+c"]


@given(st.lists(st.sampled_from(KEYS), max_size=30))
def test_whatever_is_pressed_a_frame_can_be_drawn(pressed: list[str]) -> None:
    state = after(*pressed)
    lines = _dashboard.drawn(SEEN, state, 80, 24)
    assert len(lines) == 24


def test_every_key_that_acts_is_told_on_the_page_of_keys() -> None:
    told = " ".join(names for names, _ in keyboard.HELP)
    silent = {"backtab", "escape"}  # told in the sentences
    for key in {*keyboard.ACTIONS} - silent:
        assert key in told.split(), key


def test_a_page_is_scrolled_no_further_than_its_last_line() -> None:
    lines = _dashboard.drawn(SEEN, after("l", *["j"] * 500), 80, 24)
    assert any("legend" in line for line in lines) and lines[-3].strip("│ "), "the last line stands at the bottom"
    assert after("l", "end").scrolled("legend") == 0


def test_the_log_is_scrolled_back_to_its_first_line_and_no_further() -> None:
    made = after("home", "home", state=State(focus="log"))
    assert made.scrolled("log") == len(SEEN.log)
    assert after("end", state=made).scrolled("log") == 0
