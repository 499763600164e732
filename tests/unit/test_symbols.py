"""What is a symbol and what is none."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockml import symbols
from stockml.errors import USAGE, SymbolError

GOOD = ("NVDA", "INFY.NS", "BRK-B", "^NSEI", "EURUSD=X", "7203.T", "A", "0", "A" * 20)
BAD = (
    "", " ", "A B", "A\n", "\nA", "A\x00", "../../etc/passwd", "..", ".", ".A", "A.", "A..B", "-A", "=A", "A/B", "A\\B",
    "A;rm", "A'", 'A"', "A%", "A" * 21, "A" * 50, "ÄB", "Ａ", "ı", "ﬁ", "𝐀", "ß", "~A", "$A", "A*",
)  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_a_symbol_is_kept_and_upper_cased(text):
    assert symbols.parse(text) == text == symbols.parse(text.lower())


@pytest.mark.parametrize("text", BAD)
def test_what_is_none_is_refused_as_wrong_usage(text):
    with pytest.raises(SymbolError) as caught:
        symbols.parse(text)
    assert caught.value.exit_status == USAGE and caught.value.hint and len(caught.value.message) < 300


@pytest.mark.parametrize("value", [None, 3, True, ["A"], b"A"])
def test_what_is_no_text_is_refused_too(value):
    with pytest.raises(SymbolError):
        symbols.parse(value)


@given(st.text(max_size=25))
def test_whatever_passes_is_a_plain_name_in_the_shape_of_the_contract(text):
    try:
        symbol = symbols.parse(text)
    except SymbolError:
        return
    assert re.fullmatch(r"[A-Z0-9^][A-Z0-9.^=-]{0,19}", symbol) and ".." not in symbol and not symbol.endswith(".")
    assert PurePosixPath(symbol).parts == (symbol,) and symbols.parse(symbol) == symbol


@given(st.from_regex(r"\A[A-Z0-9^][A-Z0-9.^=-]{0,19}\Z"))
def test_all_of_that_shape_pass_but_for_two_dots_and_a_last_one(text):
    allowed = ".." not in text and not text.endswith(".")
    try:
        assert symbols.parse(text) == text and allowed
    except SymbolError:
        assert not allowed


def test_several_keep_their_order_and_lose_repeats():
    assert symbols.parse_all(["msft", "AAPL", "MSFT"]) == ["MSFT", "AAPL"]
