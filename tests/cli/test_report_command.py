"""`report` and the `--report` of others as people run them: three forms of the same facts, early refusals."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import _fleet
import _lived
import jsonschema
import pytest

from stockml import workspace
from stockml.environment import open_environment
from stockml.ledger import facts
from stockml.ledger import store as ledger_store
from stockml.pipeline import report, settle, track
from stockml.store import versions
from stockml.view.report import fleet, markdown

pytest.importorskip("matplotlib", reason="the extra 'report' is not installed")

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "report.json").read_text())
SYMBOLS = list(_fleet.SYMBOLS)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fleet of four with 32 sessions of forecasts, settled. Read it only."""
    home = _lived.home(tmp_path_factory.mktemp("a folder with spaces") / "home", 33)
    settle.settle(_lived.at(home, -1))
    settings = home / "persistent_data" / "ml_config.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "as_of": _lived.day(-1)}))
    return home


@pytest.fixture
def home(lived: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(lived, tmp_path / "home"))


def document(home: Path, *symbols: str, as_of: str | None = None, **bounds: str) -> dict[str, Any]:
    return report.build(open_environment(workspace.find(str(home)), as_of), symbols, **bounds)[0]


def ledger_of(home: Path) -> list[str]:
    """Everything the ledger holds, as SQL."""
    return list(ledger_store.connect(workspace.find(str(home)).ledger_file).iterdump())


def test_the_three_forms_hold_the_same_facts_and_nothing_is_changed(lived: Path, tmp_path: Path) -> None:
    before = ledger_of(lived)
    result = _fleet.result("report", "--output", str(tmp_path / "my report.html"), home=lived)
    jsonschema.validate(result, SCHEMA)
    assert result.pop("file") == str(tmp_path / "my report.html")
    page = (tmp_path / "my report.html").read_text()
    assert page.startswith("<!DOCTYPE html>") and len(page.encode()) < 1_000_000 and "Content-Security-Policy" in page
    assert json.loads(_fleet.stockml("report", "--format", "json", home=lived).stdout) == result
    text = _fleet.stockml("report", "--output", "-", "--format", "md", home=lived).stdout
    n = result["record"]["horizons"]["1"]["pooled"]["direction"]["n"]
    assert n > 100 and f"| {n} |" in text and str(n) in page
    assert ledger_of(lived) == before, "a report only reads"


def test_html_without_a_name_goes_to_the_records_and_the_same_facts_give_the_same_bytes(home: Path) -> None:
    ran = _fleet.stockml("report", home=home)
    place = home / "logs" / "performance" / f"report_{_lived.day(-1).replace('-', '')}.html"
    assert ran.stdout.strip() == str(place), ran.stderr
    first = place.read_bytes()
    assert _fleet.stockml("report", home=home, next_year=True).returncode == 0
    assert place.read_bytes() == first, "whatever the machine's date"


def test_the_shares_are_those_of_the_track_record(lived: Path) -> None:
    told = document(lived)["record"]
    pooled = track.pooled(_lived.at(lived, -1))
    for horizon, parts in told["horizons"].items():
        for level in ("80", "90"):
            mine, other = parts["pooled"]["interval"][level], pooled[horizon]["interval"][level]
            assert (mine["n"], mine["coverage"]) == (other["n"], pytest.approx(other["coverage"], abs=1e-12))
            assert mine["low"] == pytest.approx(other["low"], abs=1e-9)


def test_as_of_a_session_nothing_later_is_seen(lived: Path) -> None:
    then, now = document(lived, as_of=_lived.day(-20)), document(lived)
    assert then["as_of"] == _lived.day(-20) and then["record"]["settled"] == 0, "all was settled later"
    assert then["record"]["forecasts"] < now["record"]["forecasts"]
    rows = [row for one in then["details"].values() for fan in one["fans"].values() for row in fan["rows"]]
    assert rows and max(row["session"] for row in rows) == _lived.day(-20)
    assert {row["status"] for row in rows} == {"pending"} and not any(row["settled_close"] for row in rows)


def test_a_span_bounds_the_forecasts_and_symbols_the_fleet(lived: Path) -> None:
    told = document(lived, "AAA", first=_lived.day(-30), last=_lived.day(-20))
    assert told["asked"] == ["AAA"] and list(told["details"]) == list(told["triggers"]) == ["AAA"]
    assert told["record"]["span"] == [_lived.day(-30), _lived.day(-20)]
    assert told["record"]["horizons"]["1"]["pooled"]["direction"]["n"] == 11
    assert told["details"]["AAA"]["fans"]["1"]["rows"][0]["session"] == _lived.day(-30)


def test_of_many_symbols_few_are_told_at_length_and_the_pool_is_of_all(
    lived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "SHOWN", 3)
    monkeypatch.setattr(report, "FANS", 2)
    told, whole = document(lived), document(lived, "AAA")
    assert len(told["fleet"]["rows"]) == 3 and len(told["details"]) == 1 and told["n_symbols"] == 4
    pooled = told["record"]["horizons"]["1"]
    assert pooled["by_symbol"] == {} and pooled["pooled"]["direction"]["n"] > whole["record"]["settled"] / 2
    text = markdown.render(fleet.page(told))
    assert "1 more symbols are counted above" in text and "3 other symbols" in text


@pytest.mark.parametrize("form", ["html", "md", "json"])
def test_a_workspace_without_models_or_bars_has_a_report_too(form: str, tmp_path: Path) -> None:
    home = _fleet.csv_home(tmp_path / "home", _fleet.fleet(count=60, symbols=("AAA", "BBB")))
    ran = _fleet.stockml("report", "--output", str(tmp_path / f"r.{form}"), home=home)
    assert ran.returncode == 0, ran.stderr
    text = (tmp_path / f"r.{form}").read_text()
    assert "nobody can tell yet" in text or form == "json"
    if form == "json":
        jsonschema.validate(json.loads(text), SCHEMA)


@pytest.mark.parametrize(("words", "hint"), [
    (("--output", "r.txt"), "--format"), (("--output", "/no/such/folder/r.html"), "there is no folder"),
    (("--output", "{home}", "--format", "html"), "it is a folder"), (("--from", "yesterday"), "YYYY-MM-DD"),
    (("NOPE",), "not in the configured fleet"), (("--format", "pdf"), "html"),
])  # fmt: skip
def test_wrong_usage_is_exit_2_and_says_so(lived: Path, words: tuple[str, ...], hint: str) -> None:
    ran = _fleet.stockml("report", *(word.format(home=lived) for word in words), home=lived)
    assert ran.returncode == 2 and hint in ran.stderr and "Traceback" not in ran.stderr


def test_without_the_library_html_is_refused_before_the_work_and_the_other_forms_are_made(home: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        code = "import sys; sys.modules['matplotlib'] = None; from stockml.cli import main; main(sys.argv[1:])"
        line = [sys.executable, "-c", code, "--home", str(home), *words]
        return subprocess.run(line, capture_output=True, text=True, check=False)

    for words in (("report",), ("monitor", "--offline", "--report", "m.html"), ("evaluate", "--report", "e.html"),
                  ("replay", "--from", "2019-12-02", "--report", "r.html")):  # fmt: skip
        ran = run(*words)
        assert ran.returncode == 1 and "pip install 'stockml[report]'" in ran.stderr and not ran.stdout
    assert run("report", "--format", "md").stdout.startswith("# stockml report")


def test_hostile_words_of_a_person_stay_words(home: Path, tmp_path: Path) -> None:
    env = _lived.at(home, -1)
    (version,) = versions.names(env.workspace, "AAA")
    pointers = {"champion": version, "previous": None, "challenger": None}
    words = "</td><script>alert(1)</script> <img src=x onerror=alert(1)>"
    facts.record_promotion(env.ledger, "AAA", f"{_lived.day(-1)}T21:00:00Z", pointers, "by hand", words)
    _fleet.result("report", "--output", str(tmp_path / "r.html"), home=home)
    page = (tmp_path / "r.html").read_text()
    assert "<script" not in page and "<img" not in page and "&lt;script&gt;alert(1)" in page


def test_evaluate_and_monitor_write_the_same_kind_of_page(home: Path, tmp_path: Path) -> None:
    words = ("evaluate", "--offline", "--model", "naive", "--from", _lived.day(-120))
    result = _fleet.result(*words, "--report", str(tmp_path / "e.html"), home=home)
    page = (tmp_path / "e.html").read_text()
    assert "Reliability of the probabilities" in page and "Coverage over time" in page and "Skill by year" in page
    assert len(result["horizons"]["1"]["curves"]["coverage"]["90"]["windows"]) == 5
    ran = _fleet.stockml("monitor", "--offline", "--report", str(tmp_path / "m.md"), home=home)
    assert ran.returncode in (0, 1) and (tmp_path / "m.md").read_text().startswith("# stockml monitor: ")
    wrong = _fleet.stockml("monitor", "--report", "m.txt", home=home)
    assert wrong.returncode == 2 and ".html, .json, .md" in wrong.stderr
