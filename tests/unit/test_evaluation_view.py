"""The report on the screen: every figure whole at any usual width, digits as the error allows."""

from __future__ import annotations

import io

import pytest
from _rows import BESIDE, make_rows
from rich.console import Console

from stockml.evaluation import blocks
from stockml.view import evaluation, figures, plain

NAMES = ("AAPL", "RELIANCE.NS", "B", "C", "D")


@pytest.fixture(scope="module")
def result():
    rows = {1: make_rows(dates=2100, symbols=5, naive_from=6000), 5: make_rows(dates=70, symbols=5, horizon=5)}
    return {**blocks.report(rows, NAMES, ("2018-01-01", "2023-10-01"), 4), **BESIDE}


def screen(result, width):
    out = io.StringIO()
    evaluation.report(result)(Console(file=out, width=width, no_color=True))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_no_figure_is_cut_short_and_no_line_is_too_long(result, width):
    text = screen(result, width)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    assert "10500" in text  # n of the pool, whole


def test_the_auc_and_brier_skill_of_groups_need_a_hundred_columns(result):
    assert "Brier price" in screen(result, 100)
    assert "Brier price" not in screen(result, 99)


def test_volatility_is_among_the_groups_and_every_pooled_figure_has_its_row(result):
    lines = screen(result, 80).splitlines()
    for name in ("calm", "middle", "stormy", "AUC", "IC, sessions", "RPSS, volatility %", "90 %: Winkler ratio"):
        assert any(line.strip().startswith(name) for line in lines), name


def test_a_row_holds_the_figures_of_the_block(result):
    one = result["horizons"]["1"]["pooled"]["interval"]["90"]
    (line,) = [line for line in screen(result, 80).splitlines() if "90 %: coverage" in line][:1]
    shown = line.replace("[", "").replace("]", "").replace(",", "").split()
    assert shown[4:9] == [
        str(one["n"]), f"{100 * one['coverage']:.1f}", f"{100 * one['low']:.1f}", f"{100 * one['high']:.1f}", "90",
    ]  # fmt: skip


def test_what_does_not_exist_is_a_dash():
    rows = make_rows(dates=2)
    empty = blocks.block(rows.where(rows.session < 0))
    out = io.StringIO()
    Console(file=out, width=80).print(figures.figures(80, empty, "none"))
    assert "None" not in out.getvalue() and "nan" not in out.getvalue()
    assert out.getvalue().count("cannot tell") == 16


@pytest.mark.parametrize(
    ("low", "high", "decimals"),
    [(48.0, 54.0, 0), (49.5, 50.6, 1), (-0.24, -0.05, 2), (0.47, 0.55, 2), (0.495, 0.509, 3), (0.0, 0.0, 7)],
)
def test_digits_go_down_to_the_first_of_the_standard_error(low, high, decimals):
    assert plain.decimals(low, high, 7) == decimals


def test_an_interval_stands_beside_its_fraction():
    assert figures.fraction(0.5123, 0.4951, 0.5312, 4) == ".512 [.495,.531]"
    assert figures.fraction(0.5123, 0.4951, 0.5312, 2) == ".51 [.50,.53]"
    assert figures.fraction(0.5123, None, None, 4) == ".51"
    assert figures.fraction(None, None, None, 4) == "-"
