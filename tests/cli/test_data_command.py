"""`stockml data`: fetch, import, export, list, check, through the real command line."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, timedelta

import pytest

BAD_SYMBOLS = (
    "../../etc/passwd", "A B", "a;rm -rf x", "", "A" * 50, "AAPL\nMSFT", "A..B", "AAPL.", ".A", "ÄPL", "A/", "A\udcff",
)  # fmt: skip
HEADER = "date,open,high,low,close,volume\n"


def table(days: int = 5, first: date = date(2024, 1, 8), **changed: str) -> str:
    """A week of sound rows; `changed` replaces lines by their ISO date with underscores, as d2024_01_09="..."."""
    lines = []
    for place in range(days):
        day = (first + timedelta(days=place)).isoformat()
        sound = f"{day},{10 + place},{11 + place},{9 + place},{10 + place},1000"
        line = changed.get("d" + day.replace("-", "_"), sound)
        lines.extend([line] if line else [])
    return HEADER + "\n".join(lines) + "\n"


@pytest.fixture
def csv_home(tmp_path, cli):
    """A workspace on a folder of files, its clock at Friday 2024-01-12; one sound symbol, AAA."""
    home, folder = tmp_path / "home", tmp_path / "prices"
    folder.mkdir()
    (folder / "AAA.csv").write_text(table())
    assert cli("init", "--data-dir", folder, "--symbols", "AAA,BBB", "--home", home).returncode == 0
    config = home / "persistent_data" / "ml_config.json"
    raw = json.loads(config.read_text())
    raw |= {"as_of": "2024-01-12", "data": {**raw["data"], "benchmark": None}}
    config.write_text(json.dumps(raw))
    return home


def test_a_fetch_says_for_each_symbol_what_came_of_it(csv_home, cli):
    ran = cli("data", "fetch", "--json", "--home", csv_home)
    outcomes = {one["symbol"]: one for one in ran.json()["result"]["symbols"]}
    assert ran.returncode == 1
    assert outcomes["AAA"]["outcome"] == "ok" and outcomes["AAA"]["data_through"] == "2024-01-12"
    assert outcomes["AAA"]["rows_added"] == 5 and outcomes["BBB"]["outcome"] == "unknown_symbol"
    assert [one["kind"] for one in ran.json()["errors"]] == ["unknown_symbol"]


def test_a_second_fetch_has_nothing_to_do_and_force_asks_again(csv_home, cli):
    words = ("data", "fetch", "AAA", "--json", "--home", csv_home)
    assert cli(*words).json()["result"]["symbols"][0]["outcome"] == "ok"
    assert cli(*words).json()["result"]["symbols"][0]["outcome"] == "holiday"
    again = cli(*words, "--force")
    assert again.returncode == 0 and again.json()["result"]["symbols"][0]["outcome"] == "ok"


def test_the_exit_status_is_3_when_no_symbol_could_be_had(csv_home, cli):
    assert cli("data", "fetch", "BBB", "--home", csv_home).returncode == 3
    assert cli("data", "fetch", "AAA", "--offline", "--home", csv_home).returncode == 3


def test_a_symbol_outside_the_fleet_is_not_fetched(csv_home, cli):
    ran = cli("data", "fetch", "ZZZ", "--home", csv_home)
    assert ran.returncode == 2 and "not in the configured fleet" in ran.stderr


def test_a_refused_row_makes_the_fetch_partial_and_the_check_fail(csv_home, cli, tmp_path):
    (tmp_path / "prices" / "AAA.csv").write_text(table(d2024_01_10="2024-01-10,10,9,11,10,1000"))
    fetched = cli("data", "fetch", "AAA", "--json", "--home", csv_home)
    assert fetched.returncode == 1
    assert fetched.json()["result"]["symbols"][0] | {"message": ""} == {
        "symbol": "AAA", "outcome": "partial", "source": "csv", "rows_added": 4, "rows_quarantined": 1,
        "data_through": "2024-01-12", "message": "",
    }  # fmt: skip
    checked = cli("data", "check", "--json", "--home", csv_home)
    [one] = checked.json()["result"]["symbols"]
    assert checked.returncode == 1 and not one["ok"]
    assert one["quarantined"][0]["session"] == "2024-01-10" and one["quarantined"][0]["reason"]
    assert "gap" in {finding["kind"] for finding in one["findings"]}


@pytest.mark.parametrize(("line", "kind", "status"), [
    ("", "gap", 1), ("2024-01-10,30,31,29,30,1000", "jump", 1), ("2024-01-10,12,13,11,12,0", "zero_volume", 0),
])  # fmt: skip
def test_the_check_fails_only_for_what_needs_a_look(line, kind, status, csv_home, cli, tmp_path):
    (tmp_path / "prices" / "AAA.csv").write_text(table(d2024_01_10=line))
    cli("data", "fetch", "AAA", "--home", csv_home)
    ran = cli("data", "check", "AAA", "--json", "--home", csv_home)
    [one] = ran.json()["result"]["symbols"]
    assert kind in {finding["kind"] for finding in one["findings"]}
    assert ran.returncode == status and one["ok"] == (status == 0)
    assert kind.replace("_", " ") in cli("data", "check", "AAA", "--home", csv_home).stdout


def test_bars_that_are_too_old_are_found(csv_home, cli):
    cli("data", "fetch", "AAA", "--home", csv_home)
    ran = cli("data", "check", "AAA", "--json", "--home", csv_home, "--as-of", "2024-03-01")
    assert ran.returncode == 1
    assert "stale" in {finding["kind"] for finding in ran.json()["result"]["symbols"][0]["findings"]}


def test_a_damaged_block_is_told_and_is_no_traceback(csv_home, cli):
    cli("data", "fetch", "AAA", "--home", csv_home)
    with sqlite3.connect(csv_home / "persistent_data" / "market.db") as store:
        store.execute("UPDATE blocks SET crc = crc + 1")
    store.close()
    ran = cli("data", "check", "--json", "--home", csv_home)
    assert ran.returncode == 1 and "damaged" in ran.json()["errors"][0]["message"]
    assert cli("data", "list", "--home", csv_home).returncode == 0


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_is_exported_comes_back_equal_also_outside_the_fleet(form, csv_home, cli, tmp_path):
    cli("data", "fetch", "AAA", "--home", csv_home)
    out = tmp_path / "out"
    ran = cli("data", "export", "--to", out, "--format", form, "--json", "--home", csv_home)
    assert ran.returncode == 0
    assert ran.json()["result"]["files"] == [{"symbol": "AAA", "path": str(out / f"AAA.{form}")}]
    (out / f"AAA.{form}").rename(out / f"ZZZ.{form}")
    taken = cli("data", "import", out, "--json", "--home", csv_home)
    assert taken.returncode == 0 and taken.json()["result"]["symbols"][0]["rows_added"] == 5
    assert "ZZZ" in taken.json()["warnings"][0]
    again = tmp_path / "again"
    cli("data", "export", "ZZZ", "--to", again, "--format", form, "--home", csv_home)
    assert (again / f"ZZZ.{form}").read_bytes() == (out / f"ZZZ.{form}").read_bytes()


def test_a_dry_import_writes_nothing(csv_home, cli, tmp_path):
    ran = cli("data", "import", tmp_path / "prices", "--raw", "--dry-run", "--json", "--home", csv_home)
    assert ran.returncode == 0 and ran.json()["result"]["dry_run"] is True
    assert cli("data", "list", "--json", "--home", csv_home).json()["result"]["symbols"] == []


def test_a_bad_file_among_good_ones_fails_alone_and_a_path_without_files_is_wrong_usage(csv_home, cli, tmp_path):
    (tmp_path / "prices" / "BAD.csv").write_text("no,prices\n1,2\n")
    ran = cli("data", "import", tmp_path / "prices", "--raw", "--json", "--home", csv_home)
    assert ran.returncode == 1 and [one["symbol"] for one in ran.json()["errors"]] == ["BAD"]
    assert cli("data", "import", tmp_path / "prices" / "BAD.csv", "--home", csv_home).returncode == 3
    assert cli("data", "import", tmp_path / "nowhere", "--home", csv_home).returncode == 2


def test_the_list_shows_what_was_there_as_of_a_day(csv_home, cli):
    cli("data", "fetch", "AAA", "--home", csv_home)
    [now] = cli("data", "list", "--json", "--home", csv_home).json()["result"]["symbols"]
    assert (now["rows"], now["first"], now["last"], now["source"]) == (5, "2024-01-08", "2024-01-12", "csv")
    [then] = cli("data", "list", "--json", "--home", csv_home, "--as-of", "2024-01-10").json()["result"]["symbols"]
    assert (then["rows"], then["last"]) == (3, "2024-01-10")


@pytest.mark.parametrize("words", [
    ("data", "fetch"), ("data", "check"), ("data", "export", "--to", "out"), ("train",), ("predict",),
])  # fmt: skip
def test_what_is_no_symbol_is_refused_before_anything_is_built_of_it(words, csv_home, cli, tmp_path):
    before = {str(path) for path in tmp_path.rglob("*") if ".db" not in path.name}
    for symbol in BAD_SYMBOLS if words == ("predict",) else BAD_SYMBOLS[:3]:
        ran = cli(*words, "--home", csv_home, "--", symbol)
        assert ran.returncode == 2 and "is not a symbol" in ran.stderr, (symbol, ran)
    after = {str(path) for path in tmp_path.rglob("*") if ".db" not in path.name and ".cache" not in str(path)}
    assert after <= before


def test_init_refuses_what_is_no_symbol_and_creates_nothing(cli, tmp_path):
    for symbol in BAD_SYMBOLS:
        ran = cli("init", "--symbols", f"NVDA,{symbol}", "--home", tmp_path / "new")
        assert ran.returncode == 2 and "is not a symbol" in ran.stderr, (symbol, ran)
        assert not (tmp_path / "new").exists()


def test_an_argument_that_is_no_text_is_told_in_json_too(csv_home, cli):
    ran = cli("predict", "--json", "--home", csv_home, "--", "A\udcff")
    assert ran.returncode == 2 and ran.json()["errors"][0]["kind"] == "bad_symbol"
