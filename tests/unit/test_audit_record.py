"""What is audited once and when it is audited anew: the fingerprint, and the audits in the ledger."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import _fleet
import pytest

import stockml
from stockml.clock import Clock
from stockml.environment import open_environment
from stockml.ledger import audits, store
from stockml.pipeline import audit, steps
from stockml.workspace import Workspace

NOON = datetime(2020, 1, 2, 12, tzinfo=UTC)
FOUND: dict[str, Any] = {
    "verdict": "passed", "checks": [{"name": "labels", "passed": True, "detail": "fine"}],
    "control": {"planted": 1, "caught": 1, "kinds": []}, "subject": {"symbols": ["AAA"]},
}  # fmt: skip


def test_the_newest_audit_up_to_the_clock_counts(tmp_path: Path) -> None:
    ledger = store.connect(tmp_path / "ledger.db")
    assert audits.newest(ledger, "a", Clock(NOON)) is None
    audits.record(ledger, "a", FOUND, Clock(NOON))
    audits.record(ledger, "a", {**FOUND, "verdict": "failed"}, Clock(NOON + timedelta(days=1)))
    assert audits.newest(ledger, "a", Clock(NOON - timedelta(days=1))) is None
    before, after = (audits.newest(ledger, "a", Clock(NOON + timedelta(days=days))) for days in (0, 1))
    assert before and after and (before["verdict"], after["verdict"]) == ("passed", "failed")
    assert before["checks"] == FOUND["checks"] and before["control"] == FOUND["control"]
    assert audits.newest(ledger, "b", Clock(NOON)) is None


def test_a_ledger_from_before_there_were_audits_gets_the_table_on_first_use(tmp_path: Path) -> None:
    store.connect(tmp_path / "ledger.db").close()
    with sqlite3.connect(tmp_path / "ledger.db") as old:
        old.execute("DROP TABLE IF EXISTS audits")
    ledger = store.connect(tmp_path / "ledger.db")
    assert audits.newest(ledger, "a", Clock(NOON)) is None
    audits.record(ledger, "a", FOUND, Clock(NOON))
    assert audits.newest(ledger, "a", Clock(NOON)) is not None


@pytest.mark.parametrize("change", [
    {"recipe": "per_symbol", "options": {}}, {"options": {"rounds": 11}}, {"horizons": (1,)}, {"embargo": 4},
    {"extra": ({"indicator": "kama", "length": 10},)}, {"families": ("price",)},
])  # fmt: skip
def test_the_fingerprint_changes_with_what_could_leak(change: dict[str, Any]) -> None:
    assert audit.fingerprint(_fleet.plan(), ("a",)) != audit.fingerprint(_fleet.plan(**change), ("a",))


def test_the_fingerprint_stays_with_the_amount_of_fitting_and_changes_with_a_name() -> None:
    plain = audit.fingerprint(_fleet.plan(), ("a",))
    assert plain == audit.fingerprint(_fleet.plan(refit_sessions=90, window_sessions=500, seed=8, folds=3), ("a",))
    assert plain != audit.fingerprint(_fleet.plan(), ("b",))


def test_the_fingerprint_changes_with_the_body_of_a_feature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a copy of the sources, so that no file of the package is touched."""
    import shutil

    copy = Path(shutil.copytree(Path(stockml.__file__).parent, tmp_path / "stockml"))
    plain = audit.fingerprint(_fleet.plan(), ("a",))
    monkeypatch.setattr(stockml, "__file__", str(copy / "__init__.py"))
    assert audit.fingerprint(_fleet.plan(), ("a",)) == plain
    body = copy / "features" / "momentum.py"
    body.write_text(body.read_text() + "\n# another body\n")
    assert audit.fingerprint(_fleet.plan(), ("a",)) != plain


def test_training_audits_once_for_each_state_of_the_procedure(tmp_path: Path) -> None:
    """With the naive recipe, whose audit takes a second."""
    home = _fleet.csv_home(tmp_path, _fleet.fleet(5, 900, days=_fleet.exchange_days(900)))
    env = open_environment(Workspace(home), "2019-12-20")
    steps.collect(env)
    series, plan = steps.read_fleet(env), steps.plan_of(env, recipe="naive")
    first = audit.ensure(env, plan, series)
    assert first["passed"] and first["verdict"] == "passed"
    again = audit.ensure(env, plan, {})
    assert again == first, "the recorded one is returned; nothing is audited"
    assert env.ledger.execute("SELECT count(*) FROM audits").fetchone()[0] == 1
