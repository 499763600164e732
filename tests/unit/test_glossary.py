"""The glossary: every word of the screens is in it, is found however it is typed, and leads on."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stockml.view
from stockml import errors, glossary
from stockml.bars import update
from stockml.config import schema
from stockml.ledger import heartbeats
from stockml.monitor import causes, checks, finding
from stockml.pipeline import codes, standing, troubles
from stockml.view import status_table

VIEW = Path(str(stockml.view.__file__)).parent
TABLES = ("table", "empty")  # what makes a table, by the names it is imported under


def heads_of(tree: ast.AST) -> set[str]:
    """The column heads in a module: what its tables and its constants of columns are given."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in TABLES:
                found |= {text for one in node.args[1:3] for text in texts(one)}
            if name == "add_column" and node.args:
                found |= texts(node.args[0])
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Tuple | ast.BinOp):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            names = {one.id for one in ast.walk(target) if isinstance(one, ast.Name)}
            if names & {"COLUMNS", "NARROW", "WIDE", "left", "right"}:
                found |= texts(node.value)
    return found


def texts(node: ast.AST) -> set[str]:
    """The strings in tuples under a node, or the node itself."""
    inside = [each for one in ast.walk(node) if isinstance(one, ast.Tuple | ast.List) for each in one.elts]
    found = (one.value for one in [node, *inside] if isinstance(one, ast.Constant))
    return {one for one in found if isinstance(one, str)}


HEADS = {path.stem: heads_of(ast.parse(path.read_text())) for path in sorted(VIEW.glob("*.py"))}


def test_the_scan_sees_heads_wherever_they_are_written() -> None:
    known = {"symbol", "n", "up %", "Winkler", "AUC", "added", "look-back", "permuted", "t", "close", "regime"}
    assert known <= set().union(*HEADS.values())
    assert "naive" in HEADS["evaluation"] and "tries" in HEADS["alerts"]


@pytest.mark.parametrize("module", HEADS)
def test_every_column_head_is_in_the_glossary(module: str) -> None:
    lost = {head for head in HEADS[module] if head and not glossary.find(head)}
    assert not lost, lost


def test_every_head_and_state_of_status_is_in_the_glossary_and_in_its_legend() -> None:
    words = {one.name for one in glossary.legend("status")}
    for name in (*(column.head for column in status_table.COLUMNS), *standing.STATES):
        term = glossary.find(name)
        assert term is not None, name
        assert term.name in words or name in ("symbol", "why"), name


@pytest.mark.parametrize("words", [
    standing.STATES, ("better", "worse", "no_edge", "cannot_tell"), finding.STATES, get_args(heartbeats.Event),
    ("ok", "partial", "holiday", "rate_limited", "delisted", "unknown_symbol", "source_error", "stale"),
    update.FAILURES, ("bad", "warn", "note"), ("strong_sell", "sell", "hold", "buy", "strong_buy"),
    ("pending", "settled", "void"), ("bullish", "bearish", "volatile", "sideways"), causes.TITLES.values(),
    [f"check: {name}" for name in checks.names()],
    ("age", "evidence", "data revised", "config changed", "minimum age", "cool-down", "daily maximum", "market hours",
     "data fault"),
    ("unsettled_data", "stale_data", "no_champion", "expired", "outside_training_range", "short_history", "degraded"),
    ("ECE", "Winkler", "Brier", "purge", "embargo", "coverage", "AUC", "PBO", "RPSS", "IC", "MAPE", "DSR"),
])  # fmt: skip
def test_every_word_that_a_screen_may_show_is_explained(words: object) -> None:
    assert not [word for word in words if glossary.find(word) is None]  # type: ignore[attr-defined]


def test_every_reason_code_is_explained_or_is_a_sentence_of_its_own() -> None:
    due = ("untrained", "expired", "age", "evidence", "data_revised", "config_changed", "data_fault", "daily_maximum",
           "minimum_age", "cool_down", "market_hours", "evidence_waits", "nothing_due")  # fmt: skip
    assert set(due) <= set(codes.CODES) and not [code for code in due if glossary.find(code) is None]


def test_no_two_words_share_a_spelling_and_every_pointer_leads_somewhere() -> None:
    spellings = Counter(name.lower().replace("-", " ") for one in glossary.terms() for name in (one.name, *one.also))
    assert not [name for name, count in spellings.items() if count > 1]
    for one in glossary.terms():
        assert one.related and not [name for name in one.related if glossary.find(name) is None], one.name
        assert one.meaning.endswith((".", "?")) and "  " not in one.meaning, one.name


def test_every_statistic_names_its_source() -> None:
    groups = glossary.groups()
    assert not [one.name for one in groups["figures"] if one.formula and "/" in one.formula and not one.source
                and one.name != "MAPE"]  # fmt: skip


def test_every_configuration_key_that_is_named_exists() -> None:
    tops = set(schema.Config.__dataclass_fields__)
    for one in glossary.terms():
        for name in one.source.replace(",", " ").replace(";", " ").split():
            top, dot, key = name.partition(".")
            if dot and key.replace("_", "").isalpha() and top in tops and not name.endswith((".md", ".py")):
                section = getattr(schema.Config(), top)
                assert hasattr(section, key), f"{one.name}: {name}"


@given(st.sampled_from([name for one in glossary.terms() for name in (one.name, *one.also)]), st.randoms())
def test_a_word_is_found_in_any_case_and_with_any_separator(name: str, random: object) -> None:
    typed = "".join(random.choice((letter.upper(), letter.lower())) for letter in name)  # type: ignore[attr-defined]
    assert glossary.find(f"  {typed.replace(' ', '_')} ") is glossary.find(name)


@pytest.mark.parametrize(("typed", "meant"), [
    ("winkeler", "Winkler ratio"), ("degarded", "degraded"), ("champoin", "champion"), ("brier skil", "Brier skill"),
    ("embrago", "embargo"), ("calibration eror", "ECE"),
])  # fmt: skip
def test_a_slip_of_the_fingers_is_understood(typed: str, meant: str) -> None:
    assert glossary.find(typed) is None and glossary.near(typed)[0] == meant


def test_nonsense_suggests_nothing() -> None:
    assert glossary.near("qqqqzzzz") == [] and glossary.near("") == []


def test_every_kind_of_trouble_has_a_rank_and_each_word_for_an_exit_is_used() -> None:
    assert len(set(troubles.RANK)) == len(troubles.RANK) and set(troubles.LEVELS) <= set(troubles.RANK)
    assert glossary.find("busy") is not None and errors.BUSY in errors.EXIT_STATUS
