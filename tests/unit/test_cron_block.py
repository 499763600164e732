"""Our block in a table of anybody's bytes: in, anew and out again, and nothing else moves."""

from __future__ import annotations

import pytest
from _crontab import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

from stockml.schedule import cron_block
from stockml.schedule.cron_block import DamagedError

LINES = ("0 2 * * 0 /x run a --due", "25 * * * * /x run --missed")
OTHERS = st.binary(max_size=30).filter(lambda one: not {0, 10} & set(one) and b"stockml" not in one)
TABLES = st.lists(
    st.tuples(st.one_of(st.sampled_from(HOSTILE), OTHERS), st.sampled_from([b"\n", b"\r\n"])), max_size=12
).map(lambda lines: b"".join(line + end for line, end in lines))


def test_there_are_forty_hostile_lines() -> None:
    assert len(HOSTILE) == 40


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n\n"], ids=repr)
@pytest.mark.parametrize("between", [b"\n", b"\r\n"], ids=repr)
def test_a_hostile_table_is_the_same_after_install_reinstall_and_remove(between: bytes, end: bytes) -> None:
    table = between.join(HOSTILE) + end
    first = cron_block.put(table, "fleet-abcdef", LINES)
    assert first.startswith(table) and all(one.encode() in first for one in LINES)
    again = cron_block.put(first, "fleet-abcdef", LINES[:1])
    assert again.startswith(table) and LINES[1].encode() not in again
    assert cron_block.put(again, "fleet-abcdef", LINES) == first
    assert cron_block.put(first, "fleet-abcdef", ()) == table == cron_block.put(again, "fleet-abcdef", ())


@given(TABLES, OTHERS)
def test_any_table_is_the_same_after_install_reinstall_and_remove(table: bytes, rest: bytes) -> None:
    table += rest
    try:
        cron_block.split(table, "fleet-abcdef")
    except DamagedError:
        return
    first = cron_block.put(table, "fleet-abcdef", LINES)
    assert cron_block.put(first, "fleet-abcdef", LINES) == first
    assert first.endswith(b"\n") and cron_block.split(first, "fleet-abcdef").lines == tuple(map(str.encode, LINES))
    assert cron_block.put(first, "fleet-abcdef", ()) == table


@given(TABLES, st.lists(st.sampled_from(["one-111111", "two-222222", "one-1111112"]), min_size=1, max_size=6))
def test_workspaces_come_and_go_in_any_order_without_minding_each_other(table: bytes, names: list[str]) -> None:
    there: list[str] = []
    now = table
    for name in names:
        now = cron_block.put(now, name, () if name in there else LINES)
        there = [one for one in there if one != name] if name in there else [*there, name]
        assert all(cron_block.split(now, one).lines for one in there)
    for name in there:
        now = cron_block.put(now, name, ())
    assert now == table or now == table + b"\n", "a line end that another's block stood on may stay"


def test_lines_that_were_added_below_the_block_stay_there() -> None:
    table = cron_block.put(b"a\n", "f-1", LINES) + b"b\n"
    assert cron_block.put(table, "f-1", LINES) == table
    assert cron_block.put(table, "f-1", ()) == b"a\nb\n"


def test_a_line_end_that_somebody_wrote_after_us_is_theirs() -> None:
    table = cron_block.put(b"a", "f-1", LINES)
    assert cron_block.put(table, "f-1", ()) == b"a"
    assert cron_block.put(b"new\n" + table, "f-1", ()) == b"new\na\n"


BEGIN, END = b"# BEGIN stockml f-1\n", b"# END stockml f-1\n"


@pytest.mark.parametrize("table", [
    BEGIN, END, END + BEGIN, BEGIN + BEGIN + END, BEGIN + END + END, BEGIN + END + BEGIN + END,
    BEGIN + b"# BEGIN stockml other-1\n" + END, BEGIN + b"# END stockml other-1\n" + END,
    b"# BEGIN stockml f-1 but changed\n", b"  # BEGIN stockml f-1\r\n",
])  # fmt: skip
def test_markers_that_are_not_one_pair_are_refused(table: bytes) -> None:
    with pytest.raises(DamagedError, match="nothing was changed"):
        cron_block.put(b"x\n" + table + b"y\n", "f-1", LINES)


def test_markers_with_blanks_or_crlf_around_them_are_still_ours() -> None:
    table = b"x\r\n# BEGIN stockml f-1\r\nold\r\n# END stockml f-1\r\ny\r\n"
    assert cron_block.put(table, "f-1", ()) == b"x\r\ny\r\n"
