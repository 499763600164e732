"""Units as systemd reads them: without a remark, hardened, every path spelt right; and how they are installed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stockml import environment
from stockml.config.schema import Config
from stockml.errors import UsageError
from stockml.schedule import accounts, calls, installed, jobs, systemctl, systemd_install, units
from stockml.schedule.systemctl import SystemdError
from stockml.schedule.units import Account
from stockml.workspace import Workspace

HOSTILE = "my 100% \"fleet\" of 'mine' $HOME é #1"
WORKER = Account("daemon", "daemon")
analyzed = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")


def rendered(folder: Path, account: Account | None, home: Path | None = None) -> list[Path]:
    """Every job of the default table, those that are off too, as files."""
    made = units.render(Workspace(home or folder / "fleet"), Config(), jobs.table(Config()), account)
    folder.mkdir(exist_ok=True)
    for name, content in made.files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in made.files]


@analyzed
@pytest.mark.parametrize("account", [None, WORKER], ids=["user", "system"])
@pytest.mark.parametrize("name", ["fleet", HOSTILE])
def test_systemd_reads_every_unit_without_a_word(tmp_path: Path, account: Account | None, name: str) -> None:
    paths = rendered(tmp_path / "units", account, tmp_path / name)
    assert len(paths) == 2 * (len(jobs.DEFAULTS) + 1) + 1
    systemctl.verify(systemctl.SYSTEM if account else systemctl.USER, paths)


@analyzed
def test_every_system_service_is_hardened_to_two_or_better(tmp_path: Path) -> None:
    services = [path for path in rendered(tmp_path / "units", WORKER) if path.suffix == ".service"]
    ran = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", *map(str, services)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    scores = [float(one) for one in re.findall(r"Overall exposure level for \S+: ([\d.]+)", ran.stdout)]
    assert len(scores) == len(services) and max(scores) <= 2.0, scores


@analyzed
@pytest.mark.parametrize(("old", "new"), [
    ("UMask=", "Umaks="), ("Type=oneshot", "Type=onceshot"), ("OnCalendar=", "OnCalendar=Caturday "),
    ("ExecStart=/", "ExecStart=/nowhere/"),
])  # fmt: skip
def test_a_slip_in_a_unit_is_noticed_even_where_systemd_ends_with_0(tmp_path: Path, old: str, new: str) -> None:
    paths = rendered(tmp_path / "units", None)
    for path in paths:
        path.write_text(path.read_text().replace(old, new))
    with pytest.raises(SystemdError, match="does not take the units"):
        systemctl.verify(systemctl.USER, paths)


@analyzed
def test_a_time_that_never_comes_is_refused() -> None:
    """`systemd-analyze calendar` ends with 0 and says never."""
    systemctl.check_calendar(["Mon..Fri *-*-* 16:45:00 America/New_York", "*-02-29 00:00:00"])
    for never in ("*-02-30 00:00:00", "2020-01-01 00:00:00", "*-*-* 25:00:00", "*-*-* 01:00:00 Mars/Olympus"):
        with pytest.raises(SystemdError, match="does not take a time"):
            systemctl.check_calendar(["*-*-* 01:00:00", never])


@pytest.mark.parametrize("account", [None, WORKER], ids=["user", "system"])
def test_units_say_what_the_table_says(tmp_path: Path, account: Account | None) -> None:
    workspace, config = Workspace(tmp_path / "fleet"), Config()
    made = units.render(workspace, config, jobs.table(config), account)
    texts = {name: content.decode() for name, content in made.files.items()}
    assert not any(units.PLACE.search(text) for text in texts.values()), "a place in a template was not filled"
    for job in jobs.table(config):
        unit = f"{units.prefix(workspace)}-{job.name}"
        service, timer = texts[f"{unit}.service"], texts[f"{unit}.timer"]
        assert units.job_of(workspace, f"{unit}.service") == job.name
        assert f"ExecStart={calls.for_systemd(calls.words(workspace, job.name))}\n" in service
        limit_s = int(re.search(r"TimeoutStartSec=(\d+)", service)[1])
        assert limit_s > job.timeout_minutes * 60 and f"Nice={job.nice}\n" in service
        assert "SuccessExitStatus=1 4\n" in service and "alert@%n.service\n" in service
        assert ("User=daemon\n" in service) == (account is not None)
        zone = f" {job.zone}\n" if job.zone else "\n"
        assert re.search(r"OnCalendar=.*", timer)[0] + "\n" == re.search(r"OnCalendar=.*?" + zone, timer)[0]
        assert "Persistent=true\n" in timer
    assert units.job_of(workspace, "stockml-other-123456-backup.service") == ""


def test_a_frequent_timer_is_delayed_by_less_than_its_spacing(tmp_path: Path) -> None:
    job = jobs.Job("often", "", "*/5 * * * *", ("monitor",))
    made = units.render(Workspace(tmp_path), Config(), (job,), None)
    (timer,) = (text.decode() for name, text in made.files.items() if name.endswith("often.timer"))
    assert "RandomizedDelaySec=30\nAccuracySec=30\n" in timer


@pytest.mark.parametrize(("home", "word"), [("/home/ann/fleet", "read-only"), ("/srv/fleet", "yes")])
def test_homes_are_hidden_but_where_the_job_has_to_look(monkeypatch: pytest.MonkeyPatch, home: str, word: str) -> None:
    monkeypatch.setattr(calls, "words", lambda workspace, name: ("/usr/bin/python3",))
    for place, name in ((sys, "executable"), (sys, "base_prefix"), (calls, "PACKAGES")):
        monkeypatch.setattr(place, name, Path("/usr"))
    made = units.render(Workspace(Path(home)), Config(), jobs.DEFAULTS[:1], WORKER)
    text = next(iter(made.files.values())).decode()
    assert f"ProtectHome={word}\n" in text and f'ReadWritePaths="{home}"\n' in text


# Installing, with a systemctl of the test's own

SYSTEMCTL = """#!/bin/sh
echo "$*" >> "$FAKE_SYSTEMCTL"
case $FAKE_KIND in
unbooted) echo "System has not been booted with systemd as init system (PID 1). Can't operate." >&2; exit 1 ;;
no_bus) echo "Failed to connect to bus: No medium found" >&2; exit 1 ;;
refusing) case "$*" in *enable*) echo "Failed to enable unit: Unit is masked." >&2; exit 1 ;; esac ;;
esac
case "$*" in
*" enable --now "*) mkdir -p "$UNITS/timers.target.wants"
    for one; do case $one in *.timer) ln -sf "$UNITS/$one" "$UNITS/timers.target.wants/$one" ;; esac; done ;;
esac
exit 0
"""


@pytest.fixture
def calls_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A systemctl that notes what it is asked; its user manager's folder is the test's own."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "systemctl"
    program.write_text(SYSTEMCTL)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("FAKE_SYSTEMCTL", str(tmp_path / "asked"))
    monkeypatch.setenv("UNITS", str(systemctl.USER.units))
    return tmp_path / "asked"


def opened(home: Path, **changes: object) -> environment.Environment:
    workspace = Workspace(home)
    workspace.data.mkdir(parents=True, exist_ok=True)
    workspace.config_file.write_text(json.dumps({"symbols": ["AAA"], "schedule": {"jobs": changes}}))
    return environment.open_environment(workspace)


def asked(path: Path) -> list[str]:
    found = path.read_text().splitlines()
    path.unlink()
    return [line.replace("--user --no-ask-password --no-pager ", "") for line in found]


def test_installing_again_changes_nothing_and_remove_leaves_no_trace(calls_made: Path, tmp_path: Path) -> None:
    env, scope = opened(tmp_path / HOSTILE), systemctl.USER
    change = systemd_install.install(env, scope, None, dry_run=False)
    assert len(change.differing) == 2 * 9 + 1
    done = asked(calls_made)
    assert done[1] == "daemon-reload" and done[2].startswith("enable --now stockml-my_100_fleet_of_mine")
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in scope.units.glob("stockml-*"))
    assert {path.read_bytes() for path in env.workspace.systemd.iterdir()} == set(change.new.values())
    assert systemd_install.install(env, scope, None, dry_run=False).differing == []
    kept = installed.find(env)
    assert set(kept.keepers["backup"]) == {"systemd user"} and not kept.differing
    scope.stamps.mkdir(parents=True)
    (scope.stamps / f"stamp-{units.prefix(env.workspace)}-backup.timer").touch()
    asked(calls_made)
    systemd_install.remove(env.workspace, scope, dry_run=False)
    done = asked(calls_made)
    assert done[1].startswith("disable --now stockml-") and done[-1] == "daemon-reload"
    assert not scope.units.exists() and not any(scope.stamps.iterdir()) and not any(env.workspace.systemd.iterdir())


def test_jobs_that_were_switched_off_or_moved_are_brought_up_to_date(calls_made: Path, tmp_path: Path) -> None:
    scope = systemctl.USER
    systemd_install.install(opened(tmp_path / "f"), scope, None, dry_run=False)
    foreign = scope.units / "stockml-other-123456-backup.timer"
    foreign.write_text("another workspace's")
    asked(calls_made)
    env = opened(tmp_path / "f", backup={"enabled": False}, cleanup={"when": "1 3 * * *"})
    assert set(installed.find(env).differing) == {"backup", "cleanup"}
    systemd_install.install(env, scope, None, dry_run=False)
    done, begin = asked(calls_made), units.prefix(env.workspace)
    assert f"disable --now {begin}-backup.timer" in done and f"restart {begin}-cleanup.timer" in done
    assert not (scope.units / f"{begin}-backup.service").exists() and foreign.exists()
    assert not installed.find(env).differing
    (scope.units / "timers.target.wants" / f"{begin}-settling.timer").unlink()
    assert set(installed.find(env).differing) == {"settling"}, "a timer that is not enabled does nothing"
    systemd_install.remove(env.workspace, scope, dry_run=False)
    assert list(scope.units.glob("stockml-*")) == [foreign]


def test_a_dry_run_renders_into_the_workspace_only(calls_made: Path, tmp_path: Path) -> None:
    env = opened(tmp_path / "f")
    change = systemd_install.install(env, systemctl.USER, None, dry_run=True)
    assert change.diff and len(list(env.workspace.systemd.iterdir())) == len(change.new)
    assert not calls_made.exists() and not systemctl.USER.units.exists()
    assert all(line.startswith("+ /") for line in change.diff)


@pytest.mark.parametrize(("kind", "said", "hint"), [
    ("unbooted", "systemd does not run this machine", "--cron"),
    ("no_bus", "no systemd user manager answers", "enable-linger"),
])  # fmt: skip
def test_without_a_manager_nothing_is_installed_and_the_way_out_is_told(
    calls_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, said: str, hint: str
) -> None:
    monkeypatch.setenv("FAKE_KIND", kind)
    with pytest.raises(SystemdError, match=said) as caught:
        systemd_install.install(opened(tmp_path / "f"), systemctl.USER, None, dry_run=False)
    assert hint in caught.value.hint and not systemctl.USER.units.exists()


def test_units_can_be_removed_where_no_manager_answers(
    calls_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = opened(tmp_path / "f")
    systemd_install.install(env, systemctl.USER, None, dry_run=False)
    monkeypatch.setenv("FAKE_KIND", "no_bus")
    change = systemd_install.remove(env.workspace, systemctl.USER, dry_run=False)
    assert "removed all the same" in change.warnings[0] and not systemctl.USER.units.exists()


def test_what_systemd_refuses_is_told_in_its_words(
    calls_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_KIND", "refusing")
    with pytest.raises(SystemdError, match="Unit is masked"):
        systemd_install.install(opened(tmp_path / "f"), systemctl.USER, None, dry_run=False)


def test_system_units_are_not_for_root_by_default_nor_for_strangers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(UsageError, match="should not be root"):
        accounts.service_account(workspace, None)
    with pytest.raises(UsageError, match="no user 'nobody-of-that-name'"):
        accounts.service_account(workspace, "nobody-of-that-name")
    with pytest.raises(UsageError, match="in a folder for temporary files"):
        accounts.service_account(Workspace(Path("/var/tmp")), "games")
    with pytest.raises(UsageError, match="could not write there"):
        accounts.service_account(Workspace(Path("/usr")), "games")
    monkeypatch.setattr(os, "geteuid", lambda: 1)
    with pytest.raises(UsageError, match="root's to install"):
        accounts.service_account(workspace, "games")
    with pytest.raises(UsageError, match="belongs to"):
        accounts.require_own(workspace)
