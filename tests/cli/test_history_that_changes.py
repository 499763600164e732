"""A source that rewrites what it told: the past stays as it was known, through the real command line."""

from __future__ import annotations

import shutil

import _fleet
import numpy as np
import pytest

from stockml.clock import from_day

SPAN = 840


@pytest.fixture(scope="module")
def rewritten(tmp_path_factory):
    """(a workspace that saw A only, one that saw A and later B, as-of before, as-of after)."""
    days = _fleet.exchange_days(SPAN)
    bars = _fleet.fleet(count=SPAN, days=days)
    then, after = (from_day(int(days[place])).isoformat() for place in (-6, -1))
    plain = _fleet.csv_home(tmp_path_factory.mktemp("history") / "plain", bars, horizons=[1])
    _fleet.result("data", "fetch", "--as-of", then, home=plain)
    both = plain.with_name("both")
    shutil.copytree(plain, both)
    for one in bars.values():
        changed = slice(len(one) - 60, len(one) - 20)
        for name, factor in (("open", 1.02), ("high", 1.03), ("low", 0.97), ("close", 1.02)):
            getattr(one, name)[changed] *= factor
        np.round(one.close, 6, out=one.close)
    _fleet.write_csv(both / "prices", bars)
    _fleet.result("data", "fetch", "--force", "--as-of", after, home=both)
    return plain, both, then, after


def test_training_and_forecasts_as_of_before_are_the_same_to_the_bit_and_differ_after(rewritten, tmp_path):
    plain, both, then, after = rewritten
    said, versions = {}, {}
    for name, home in (("plain", plain), ("both", both)):
        copy = shutil.copytree(home, tmp_path / name)
        made = _fleet.result("train", "--all", "--as-of", then, home=copy)["symbols"]
        versions[name] = [(one["symbol"], one["version"]) for one in made]
        said[name] = _fleet.result("predict", "--as-of", then, home=copy)["forecasts"]
    assert versions["plain"] == versions["both"] and all(version for _, version in versions["plain"])
    assert said["plain"] == said["both"]
    later = [_fleet.result("predict", "--as-of", after, home=tmp_path / name)["forecasts"] for name in said]
    figures = [[(one["probability_up"], one["lo90"]) for one in forecasts] for forecasts in later]
    assert figures[0] != figures[1]


def test_the_revisions_are_listed_with_what_they_were(rewritten):
    _, both, then, after = rewritten
    found = _fleet.result("data", "revisions", "--as-of", after, home=both)["symbols"]
    assert [one["symbol"] for one in found] == list(_fleet.SYMBOLS)
    for one in found:
        assert len(one["revisions"]) == 40
        first = one["revisions"][0]
        assert first["kind"] == "revised" and first["source"] == "csv"
        assert first["known_from"][:10] == first["session"] and first["replaced_at"][:10] == after
        assert first["changes"]["close"][1] == pytest.approx(1.02 * first["changes"]["close"][0])
    early = _fleet.result("data", "revisions", "--as-of", then, home=both)["symbols"]
    assert all(not one["revisions"] for one in early)
    shown = _fleet.stockml("data", "revisions", "AAA", "--as-of", after, home=both)
    assert shown.returncode == 0 and "and 30 older" in shown.stdout and "close" in shown.stdout


def test_a_clock_put_back_cannot_rewrite_what_was_known(rewritten, tmp_path):
    _, both, then, _ = rewritten
    copy = shutil.copytree(both, tmp_path / "home")
    before = _fleet.stockml("data", "export", "AAA", "--to", str(tmp_path / "a"), "--as-of", then, home=copy)
    text = (copy / "prices" / "AAA.csv").read_text().splitlines()
    cells = text[-30].split(",")
    cells[4] = cells[2]  # the close becomes the high
    (copy / "prices" / "AAA.csv").write_text("\n".join([*text[:-30], ",".join(cells), *text[-29:]]) + "\n")
    _fleet.stockml("data", "fetch", "AAA", "--force", "--as-of", then, home=copy)
    _fleet.stockml("data", "export", "AAA", "--to", str(tmp_path / "b"), "--as-of", then, home=copy)
    assert before.returncode == 0
    assert (tmp_path / "a" / "AAA.csv").read_bytes() == (tmp_path / "b" / "AAA.csv").read_bytes()


def test_a_dividend_since_moves_the_adjusted_closes_and_is_no_revision(tmp_path):
    days = _fleet.exchange_days(400)
    bars = _fleet.fleet(count=400, days=days)
    cut = int(days[-30])
    home = _fleet.csv_home(tmp_path / "home", bars, through=cut)
    _fleet.result("data", "fetch", "--as-of", from_day(cut).isoformat(), home=home)
    for one in bars.values():
        one.dividend[-10] = 0.01 * one.close[-10]
    _fleet.write_csv(home / "prices", bars)
    after = from_day(int(days[-1])).isoformat()
    _fleet.result("data", "fetch", "--force", "--as-of", after, home=home)
    found = _fleet.result("data", "revisions", "--as-of", after, home=home)["symbols"]
    assert [one["revisions"] for one in found] == [[]] * len(bars)
