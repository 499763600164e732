"""A symbol whose newest session looks like nothing its champion was trained on abstains, and it alone."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from stockml.clock import from_day
from tests import _fleet


def test_weeks_without_volume_make_that_symbol_abstain(tmp_path: Path) -> None:
    bars = _fleet.fleet(count=700, days=_fleet.exchange_days(700))
    trained = int(bars["AAA"].session[-20])
    home = _fleet.csv_home(tmp_path, bars, through=trained)
    path = home / "persistent_data" / "ml_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "model": {"recipe": "naive"}}))
    _fleet.result("train", "--all", "--as-of", from_day(trained).isoformat(), home=home)

    # The last three sessions trade again, so that the bars count as sound.
    volume = bars["AAA"].volume.copy()
    volume[-19:-3] = 0.0
    _fleet.write_csv(home / "prices", {**bars, "AAA": dataclasses.replace(bars["AAA"], volume=volume)})
    made = _fleet.result("predict", "--as-of", "2019-12-20", home=home, status=1)["forecasts"]

    assert {one["symbol"] for one in made if one.get("abstained")} == {"AAA"}
    silent = [one for one in made if one["symbol"] == "AAA"]
    assert [one["abstained"] for one in silent] == ["outside_training_range"] * 2
    assert "sessions without volume far outside what champion" in silent[0]["message"]
    assert all(one["probability_up"] is None for one in silent)
