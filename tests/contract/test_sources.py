"""What every source promises, checked for each file in the folder."""

from __future__ import annotations

import dataclasses
import gzip
import inspect
import subprocess
import sys
from datetime import UTC, date, datetime

import numpy as np
import pytest

from stockml.bars import sources
from stockml.bars.answer import ROWS, Request
from stockml.config.schema import Csv, Data
from stockml.errors import SourceError

TEXT = """\ufeffDATE,open,High,low,close,Adj_Close,Dividends,Stock Splits,volume,remark
2024-01-03,10,11,9,10,5,0,0,"7",x
2024-01-04 00:00:00-05:00,10,11,9,,5,0.5,2,,x
4 January,10,11,9,10,5,0,0,7,x
2024-01-05,10,11,9,10
"""


def request(home, symbol="ABC", fingerprint=""):
    return Request(
        symbol,
        "1d",
        None,
        date(2024, 3, 8),
        Data(csv=Csv("prices")),
        home,
        fingerprint,
        datetime(2024, 3, 9, tzinfo=UTC),
    )


@pytest.mark.parametrize("name", sources.names())
def test_a_source_has_a_fetch_with_one_request_and_is_light_to_load(name):
    module = sources.load(name)
    assert (
        list(inspect.signature(module.fetch).parameters) == ["request"]
        and module.__doc__
        and module.fetch.__doc__
    )
    code = (
        f"import sys; from stockml.bars import sources; sources.load({name!r});"
        "print([m for m in ('pandas', 'yfinance', 'bokeh_sampledata', 'scipy') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_there_are_the_three_sources():
    assert {"csv", "sample", "yahoo"} <= set(sources.names())


@pytest.mark.parametrize("packed", [False, True])
def test_csv_reads_columns_in_any_spelling_and_loses_no_row(tmp_path, packed):
    folder = tmp_path / "prices"
    folder.mkdir()
    path = folder / ("ABC.csv.gz" if packed else "ABC.csv")
    path.write_bytes(gzip.compress(TEXT.encode()) if packed else TEXT.encode())
    answer = sources.load("csv").fetch(request(tmp_path))
    assert len({len(getattr(answer, name)) for name in ROWS}) == 1
    assert answer.split.tolist() == [1, 2, 1] and answer.dividend.tolist() == [0, 0.5, 0]
    assert np.isnan(answer.close).tolist() == [False, True, False] and answer.volume.tolist() == [7, 0, 0]
    assert [number for number, _ in answer.unreadable] == [4]
    again = sources.load("csv").fetch(request(tmp_path, fingerprint=answer.fingerprint))
    assert again.unchanged and len(again) == 0


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b"date,open\n"])
def test_csv_refuses_what_is_no_price_file(tmp_path, content):
    (tmp_path / "prices").mkdir()
    (tmp_path / "prices" / "ABC.csv").write_bytes(content)
    with pytest.raises(SourceError) as caught:
        sources.load("csv").fetch(request(tmp_path))
    assert caught.value.outcome == "source_error"


def test_csv_refuses_a_truncated_archive(tmp_path):
    (tmp_path / "prices").mkdir()
    (tmp_path / "prices" / "ABC.csv.gz").write_bytes(gzip.compress(TEXT.encode())[:-9])
    with pytest.raises(SourceError, match="cannot be read"):
        sources.load("csv").fetch(request(tmp_path))


def test_csv_derives_actions_across_bad_rows_and_in_any_order(tmp_path):
    rows = ["2024-01-05,5,5,5,5,5,1", "2024-01-04,x,x,x,x,x,1", "2024-01-03,10,10,10,10,5,1"]
    (tmp_path / "prices").mkdir()
    (tmp_path / "prices" / "ABC.csv").write_text(
        "date,open,high,low,close,adj_close,volume\n" + "\n".join(rows)
    )
    assert sources.load("csv").fetch(request(tmp_path)).split.tolist() == [2, 1, 1]


def test_the_sample_holds_five_companies_and_no_other(tmp_path):
    sample = sources.load("sample")
    if sample.data_file() is None:
        pytest.skip("bokeh_sampledata is not installed")
    for symbol in sample.SYMBOLS:
        answer = sample.fetch(request(tmp_path, symbol))
        assert answer.source == "sample" and len(answer) > 100 and answer.unreadable == []
    with pytest.raises(SourceError) as caught:
        sample.fetch(request(tmp_path, "NVDA"))
    assert caught.value.outcome == "unknown_symbol"


def test_a_sample_that_is_not_installed_says_how_to_install_it(tmp_path, monkeypatch):
    sample = sources.load("sample")
    monkeypatch.setattr(sample, "data_file", lambda: None)
    with pytest.raises(SourceError) as caught:
        sample.fetch(request(tmp_path, "AAPL"))
    assert "stockml[sample]" in caught.value.hint


def test_requests_are_values(tmp_path):
    with pytest.raises(dataclasses.FrozenInstanceError):
        request(tmp_path).symbol = "X"
