"""`data import` of files as Yahoo, Stooq, Tiingo and Alpha Vantage write them, adjusted or not."""

from __future__ import annotations

import json

import pytest

from stockml.bars import store, table

DAYS = ("2024-01-08", "2024-01-09", "2024-01-10", "2024-01-11", "2024-01-12")
RAW = (40.0, 41.0, 20.0, 21.0, 22.0)  # a split of two for one on the third day
LATER = (2, 2, 1, 1, 1)
PLAIN = [f"{close},{close + 1},{close - 1},{close}" for close in RAW]
HALF = [f"{c / s},{(c + 1) / s},{(c - 1) / s},{c / s}" for c, s in zip(RAW, LATER, strict=True)]


def text(header, rows):
    return "\n".join([header, *rows]) + "\n"


SPELLINGS = {
    "yahoo": text(
        "Date,Open,High,Low,Close,Adj Close,Volume",
        [f"{d},{p},{c / s},100" for d, p, c, s in zip(DAYS, PLAIN, RAW, LATER, strict=True)],
    ),
    "yfinance": text(
        "Date,Open,High,Low,Close,Adj Close,Volume,Dividends,Stock Splits",
        [
            f"{d} 00:00:00-05:00,{p},{c / s},{100 * s},0.0,{2.0 if n == 2 else 0.0}"
            for n, (d, p, c, s) in enumerate(zip(DAYS, HALF, RAW, LATER, strict=True))
        ],
    ),
    "tiingo": text(
        "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor",
        [
            f"{d}T00:00:00.000Z,{c},{c + 1},{c - 1},{c},100,9,9,9,9,9,0.0,{2.0 if n == 2 else 1.0}"
            for n, (d, c) in enumerate(zip(DAYS, RAW, strict=True))
        ],
    ),
    "alpha_vantage": text(
        "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient",
        [f"{d},{p},9,100,0.0,{2.0 if n == 2 else 1.0}" for n, (d, p) in enumerate(zip(DAYS, PLAIN, strict=True))],
    ),
    "alpha_vantage_json_names": text(
        "date,1. open,2. high,3. low,4. close,5. adjusted close,6. volume,7. dividend amount,8. split coefficient",
        [f"{d},{p},9,100,0.0,{2.0 if n == 2 else 1.0}" for n, (d, p) in enumerate(zip(DAYS, PLAIN, strict=True))],
    ),
}  # fmt: skip
STOOQ = text("Date,Open,High,Low,Close,Volume", [f"{d},{p},100" for d, p in zip(DAYS, HALF, strict=True)])
STOOQ_BULK = text(
    "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>",
    [f"AAA.US,D,{d.replace('-', '')},000000,{p},100,0" for d, p in zip(DAYS, HALF, strict=True)],
)
AUTO = text(
    "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits",
    [f"{d},{p},9,0,0" for d, p in zip(DAYS, HALF, strict=True)],
)


@pytest.fixture
def home(tmp_path, cli):
    made = tmp_path / "home"
    assert cli("init", "--provider", "csv", "--symbols", "AAA", "--home", made).returncode == 0
    return made


def stored(home):
    connection = store.connect(home / "persistent_data" / "market.db")
    found = store.read(connection, "AAA", "1d")
    connection.close()
    return found


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_each_spelling_tells_its_scale_and_gives_the_same_raw_bars(spelling, form, home, cli, tmp_path):
    file = tmp_path / f"AAA.{form}"
    if form == "csv":
        file.write_text(SPELLINGS[spelling])
    else:
        from pyarrow import csv, parquet

        plain = tmp_path / "plain.csv"
        plain.write_text(SPELLINGS[spelling])
        parquet.write_table(csv.read_csv(plain), file)
    ran = cli("data", "import", file, "--json", "--home", home, "--as-of", "2024-01-12")
    assert ran.returncode == 0, ran.stdout
    found = stored(home)
    assert found.close.tolist() == list(RAW) and found.split.tolist() == [1, 1, 2, 1, 1]
    assert found.volume.tolist() == [100] * 5 and not found.dividend.any()


@pytest.mark.parametrize("content", [STOOQ, STOOQ_BULK, AUTO], ids=["stooq", "stooq bulk", "yfinance, adjusted"])
def test_what_the_columns_do_not_tell_has_to_be_stated(content, home, cli, tmp_path):
    file = tmp_path / "AAA.csv"
    file.write_text(content)
    words = ("data", "import", file, "--home", home, "--as-of", "2024-01-12")
    refused = cli(*words)
    assert refused.returncode == 2 and "AAA.csv: the columns do not tell" in refused.stderr
    assert "--raw" in refused.stderr and "--adjusted" in refused.stderr
    assert json.loads(cli(*words, "--json").stdout)["errors"][0]["kind"] == "usage"
    dry = cli(*words, "--adjusted", "--dry-run", "--json").json()["result"]
    assert cli("data", "list", "--json", "--home", home).json()["result"]["symbols"] == []
    done = cli(*words, "--adjusted", "--json").json()["result"]
    assert done["symbols"] == dry["symbols"] and done["symbols"][0]["source"] == "import_adjusted"
    assert stored(home).close.tolist() == [c / s for c, s in zip(RAW, LATER, strict=True)]


def test_raw_and_adjusted_are_never_mixed(home, cli, tmp_path):
    (tmp_path / "AAA.csv").write_text(SPELLINGS["tiingo"])
    assert cli("data", "import", tmp_path / "AAA.csv", "--home", home, "--as-of", "2024-01-12").returncode == 0
    lines = STOOQ.splitlines()
    (tmp_path / "AAA.csv").write_text("\n".join([lines[0], *lines[4:]]) + "\n")
    words = ("data", "import", tmp_path / "AAA.csv", "--adjusted", "--home", home, "--as-of", "2024-01-12")
    ran = cli(*words)
    assert ran.returncode == 3 and "never mixed" in ran.stderr and stored(home).close.tolist() == list(RAW)
    (tmp_path / "AAA.csv").write_text(STOOQ)
    assert cli(*words).returncode == 0  # covers every stored day


def test_a_dry_run_tells_what_would_change(home, cli, tmp_path):
    (tmp_path / "AAA.csv").write_text(SPELLINGS["tiingo"])
    words = ("data", "import", tmp_path / "AAA.csv", "--json", "--home", home, "--as-of", "2024-01-12")
    cli(*words)
    (tmp_path / "AAA.csv").write_text(SPELLINGS["tiingo"].replace(",21.0,22.0,20.0,21.0,", ",21.5,22.0,20.0,21.0,"))
    [dry] = cli(*words, "--dry-run").json()["result"]["symbols"]
    assert "the source changed 1 stored bar (1 beyond the limit)" in dry["message"] and dry["rows_added"] == 0
    assert stored(home).close.tolist() == list(RAW)
    assert cli(*words).json()["result"]["symbols"] == [dry] and stored(home).close[3] == 21.5


def test_headers_that_tell_and_those_that_do_not():
    heads = {name: table.heading(content.splitlines()[0]) for name, content in SPELLINGS.items()}
    assert all(table.tells_scale(head) for head in heads.values())
    assert not any(table.tells_scale(table.heading(one.splitlines()[0])) for one in (STOOQ, STOOQ_BULK, AUTO))
