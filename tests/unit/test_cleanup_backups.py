"""Clean-up of backups: their own policy, the newest and the newest verified always, and bytes that several share."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import _fleet
import pytest

from stockml.backup import creation, facts, place, snapshots
from stockml.backup.shelf import Local
from stockml.cleanup.kinds import backups
from stockml.clock import Clock
from stockml.environment import Environment, open_environment
from stockml.pipeline import cleaning
from stockml.workspace import Workspace

WALL = datetime.now(UTC).replace(microsecond=0)
Made = Callable[..., Environment]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one trained symbol."""
    days = _fleet.exchange_days(420)
    bars = _fleet.fleet(count=420, days=days, symbols=("AAA",))
    home = _fleet.csv_home(tmp_path_factory.mktemp("backups") / "home", bars)
    settings = home / "persistent_data" / "ml_config.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "model": {"recipe": "naive"}}))
    _fleet.stockml("train", "AAA", "--as-of", "2019-12-20", home=home)
    return home


@pytest.fixture
def made(trained: Path, tmp_path: Path) -> Made:
    """`made(ages, verified, **config)`: backups of some ages in days, the oldest first, some of them verified."""

    def make(ages: list[float], verified: list[int], **config: object) -> Environment:
        home = Path(shutil.copytree(trained, tmp_path / "home"))
        settings = home / "persistent_data" / "ml_config.json"
        settings.write_text(json.dumps({**json.loads(settings.read_text()), **config}))
        env = open_environment(Workspace(home))
        for number, age in enumerate(ages):
            env.__dict__["clock"] = Clock(WALL - timedelta(days=age))
            (home / "persistent_data" / "ml_models" / "AAA" / "live.json").touch()
            env.ledger.execute("INSERT INTO meta VALUES(?, hex(randomblob(20000)))", (f"n{number}",))
            told = creation.create(env)
            if number in verified:
                facts.record(Local(place.folder(env)), env.clock, told["snapshot"], facts.VERIFIED)
        del env.__dict__["clock"]
        return env

    return make


ONE = {"keep_last": 1, "keep_daily": 0, "keep_weekly": 0, "keep_monthly": 0}


def ages_left(env: Environment) -> list[int]:
    found = snapshots.listed(place.folder(env))
    return [round((WALL - datetime.fromisoformat(one.made_at)).total_seconds() / 86400) for one in found]


def test_backups_go_as_their_policy_says_and_the_newest_verified_stays(made: Made) -> None:
    env = made([40, 30, 20, 10], [1, 3], backup=ONE)
    dry = cleaning.clean(env, dry_run=True)
    gone = [one for one in dry.result["removed"] if one["kind"] == "backups"]
    assert len(gone) == 3 and gone[0]["why"].startswith("older than what keep_last") and gone[0]["freed"] > 0
    assert cleaning.clean(env).status == 0
    assert ages_left(env) == [10]


def test_the_newest_is_proved_first_and_while_it_is_not_all_stay(made: Made) -> None:
    env = made([40, 30, 10], [0], backup=ONE)
    dry = cleaning.clean(env, dry_run=True)
    assert not [one for one in dry.result["removed"] if one["kind"] == "backups"]
    assert backups.UNPROVED in {one["why"] for one in dry.result["stays"]}
    shutil.rmtree(place.folder(env) / "packs")
    done = cleaning.clean(env)
    assert "was not proved to restore, so all stay" in done.warnings[0] and len(ages_left(env)) == 3


def test_an_unverified_newest_backup_is_verified_and_then_the_old_ones_go(made: Made) -> None:
    env = made([40, 30, 10], [], backup=ONE)
    done = cleaning.clean(env)
    assert done.warnings == [] and ages_left(env) == [10]
    (left,) = snapshots.listed(place.folder(env))
    assert left.verified_at is not None


def test_for_the_budget_backups_go_last_and_never_the_newest_or_the_newest_verified(made: Made) -> None:
    env = made([40, 30, 20, 10], [0, 1, 2, 3])
    whole = cleaning.clean(env, dry_run=True).result
    assert not [one for one in whole["removed"] if one["kind"] == "backups"]
    tight = (whole["before"] - 45_000) / 1e9
    settings = env.workspace.config_file
    rules = {"max_disk_gb": tight, "reserve_mb": 0}
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "cleanup": rules}))
    fresh = open_environment(env.workspace)
    plan = cleaning.clean(fresh, dry_run=True).result
    gone = [one for one in plan["removed"] if one["kind"] == "backups"]
    assert plan["reached"] and gone and "the oldest backups" in gone[0]["why"], plan["removed"]
    assert cleaning.clean(fresh).status in (0, 1)
    assert ages_left(fresh)[-1] == 10 and len(ages_left(fresh)) < 4
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "cleanup": {"max_disk_gb": 1e-9}}))
    done = cleaning.clean(open_environment(env.workspace))
    assert done.status == 1 and 10 in ages_left(fresh)
    assert any(backups.NEWEST in one for one in done.result["why_not"])


def test_backups_outside_the_workspace_weigh_nothing_in_its_budget(made: Made, tmp_path: Path) -> None:
    env = made([40, 10], [0, 1], backup={**ONE, "folder": str(tmp_path / "elsewhere")})
    gone = [one for one in cleaning.clean(env).result["removed"] if one["kind"] == "backups"]
    assert [one["bytes"] for one in gone] == [0] and ages_left(env) == [10]
