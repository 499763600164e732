"""Real cron and real systemd start installed jobs, on machines of their own that touch nothing outside."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import _fleet
import pytest

import stockml

MACHINE = Path(__file__).with_name("private_machine.sh")
PACKAGES = Path(stockml.__file__).parents[1]
SYSTEMD = Path("/lib/systemd/systemd")
FOREIGN = """# mine
MAILTO=""
* * * * * date '+\\%s' >> {}/dates
"""

WAIT = """
import sqlite3, sys, time
file, job, limit_s = sys.argv[1], sys.argv[2], int(sys.argv[3])
for _ in range(limit_s):
    try:
        sql = "SELECT 1 FROM heartbeats WHERE job = ? AND event IN ('ok', 'fail')"
        if sqlite3.connect(file).execute(sql, (job,)).fetchone():
            sys.exit()
    except sqlite3.Error as error:
        print(error)
    time.sleep(1)
sys.exit(f"no end of a run of {job} in {limit_s} s")
"""
AGED = """
import sqlite3, sys
sqlite3.connect(sys.argv[1], isolation_level=None).execute("UPDATE heartbeats SET at = '2020-01-01T00:00:00Z'")
"""
WORDS = """
set -euo pipefail
S() { "$PYTHON" -m stockml --home "$H" schedule "$@"; }
wait_for() { "$PYTHON" wait.py "$H/persistent_data/ledger.db" "$@"; }
in_service_since_long() { "$PYTHON" aged.py "$H/persistent_data/ledger.db"; }
"""


def needs(*programs: str) -> None:
    """Skips, with the reason, where such a machine cannot be made."""
    missing = [name for name in programs if not shutil.which(name) and not Path(name).exists()]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip("only root can make a machine of its own")
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this container may not make name spaces")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another user may look into, and that no PrivateTmp hides, as pytest's own is."""
    place = Path(tempfile.mkdtemp(prefix="stockml-machine-", dir="/srv" if os.access("/srv", os.W_OK) else None))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def workspace(home: Path, **jobs: object) -> Path:
    """A workspace with these jobs besides the default ones."""
    (home / "persistent_data").mkdir(parents=True)
    wanted = {"symbols": ["AAA"], "schedule": {"jobs": jobs}}
    (home / "persistent_data" / "ml_config.json").write_text(json.dumps(wanted))
    return home


def on_machine(kind: str, folder: Path, home: Path, script: str, python: str = sys.executable) -> str:
    """What a script says on a machine of its own, where $H is the workspace. It has to end with 0."""
    (folder / "user").mkdir(exist_ok=True)
    for name, content in (("script", WORDS + script), ("wait.py", WAIT), ("aged.py", AGED)):
        (folder / name).write_text(content)
    ran = subprocess.run(
        [str(MACHINE), kind, str(folder), "bash", str(folder / "script")], capture_output=True, text=True, timeout=280,
        env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder / "user"),
             "LOGNAME": "root", "PYTHON": python, "H": str(home), "PYTHONPATH": str(PACKAGES), "NO_COLOR": "1",
             "COLUMNS": "200", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-3000:]
    return ran.stdout


def beats(home: Path, job: str) -> list[str]:
    rows = sqlite3.connect(home / "persistent_data" / "ledger.db").execute(
        "SELECT event FROM heartbeats WHERE job = ? ORDER BY number", (job,)
    )
    return [event for (event,) in rows]


@pytest.mark.timeout(300)
def test_real_cron_fires_an_installed_job_within_two_minutes(folder: Path) -> None:
    needs("cron", "crontab", "unshare")
    home = workspace(folder / "my 100% 'fleet'", tick={"when": "* * * * *", "command": ["config", "check"], "nice": 0})
    (folder / "foreign").write_text(FOREIGN.format(folder))
    said = on_machine("cron", folder, home, """
        crontab foreign
        sleep 2  # cron knows a changed table by the second, and this one has just begun to read
        S install --cron
        wait_for tick 120
        test -s dates
        S show
        S remove
        crontab -l > after
    """)  # fmt: skip
    assert (folder / "after").read_text() == FOREIGN.format(folder)
    assert beats(home, "tick")[:3] == ["enabled", "start", "ok"]
    assert "+# BEGIN stockml my_100_fleet-" in said
    log = next((home / "logs" / "cron").glob("tick-*.log")).read_text()
    assert "config check" in log


@pytest.mark.timeout(300)
def test_a_real_user_manager_runs_timers_and_catches_up_once(folder: Path) -> None:
    """The job is put into service an hour ago; its timer last came 30 days ago: it is started once, at once."""
    needs("systemctl", str(SYSTEMD), "unshare")
    home = workspace(
        folder / "my 100% \"fleet\" 'é' $HOME", tick={"when": "0 * * * *", "command": ["config", "check"]},
        crash={"when": "0 * * * *", "command": ["train", "NOSUCH"]},
    )  # fmt: skip
    said = on_machine("user", folder, home, """
        S install --systemd
        systemctl --user list-timers --all --no-pager
        in_service_since_long
        for job in tick crash; do
            unit=$(cd ~/.config/systemd/user && ls -- *-$job.timer)
            systemctl --user stop "$unit"
            mkdir ~/.config/systemd/user/"$unit".d
            printf '[Timer]\nRandomizedDelaySec=0\nAccuracySec=1s\n' > ~/.config/systemd/user/"$unit".d/now.conf
            systemctl --user daemon-reload
            touch -d '30 days ago' ~/.local/share/systemd/timers/stamp-"$unit"
            systemctl --user start "$unit"
        done
        wait_for tick 60
        wait_for crash 20
        sleep 3
        systemctl --user list-units --all --no-pager 'stockml*crash*'
        S show || echo "show ended with $?"
        S install --systemd
        systemctl --user is-enabled "$unit"
        rm -r ~/.config/systemd/user/*.timer.d
        S remove
        find ~/.config ~/.local
        test -z "$(systemctl --user list-unit-files --no-legend 'stockml*')"
        test -z "$(systemctl --user list-units --all --failed --no-legend 'stockml*')"
    """)  # fmt: skip
    assert beats(home, "tick") == ["enabled", "start", "ok", "disabled"], "30 missed days are one run"
    assert beats(home, "crash") == ["enabled", "start", "fail", "disabled"], "the runner told it, nobody told it twice"
    assert "systemd user: nothing to change" in said and "lingering is not known to be on" not in said
    assert "crash: failed the last time" in said and "show ended with 1" in said
    assert "/stockml-my_" not in said.rsplit("our jobs were taken out", 1)[1], "no file, link or stamp is left"


@pytest.mark.timeout(300)
def test_real_system_units_train_and_write_under_their_hardening(folder: Path) -> None:
    """As another user where the interpreter can be reached by one, else as root; every protection is in force."""
    needs("systemctl", str(SYSTEMD), "unshare")
    fleet = _fleet.fleet(count=840, days=_fleet.exchange_days(840), symbols=("AAA", "BBB", "CCC"))
    home = _fleet.csv_home(folder / "my fleet", fleet)
    file = home / "persistent_data" / "ml_config.json"
    jobs = {
        "learn": {"when": "0 * * * *", "command": ["train", "--all"]},
        "killed": {"when": "0 * * * *", "command": ["monitor", "--continuous"]},
    }
    wanted = {**json.loads(file.read_text()), "as_of": "2019-12-20", "schedule": {"jobs": jobs}}
    file.write_text(json.dumps(wanted))
    python, user = _reachable(folder)
    shutil.chown(folder / "my fleet", user)
    for path in (folder / "my fleet").rglob("*"):
        shutil.chown(path, user)
    home.chmod(0o700)
    said = on_machine("system", folder, home, f"""
        S install --systemd --system --user {user}
        in_service_since_long
        unit() {{ basename /etc/systemd/system/stockml-*-"$1".service; }}
        systemctl start "$(unit learn)" || (cat "$H"/logs/cron/*; systemctl status --no-pager "$(unit learn)"; exit 1)
        systemctl start --no-block "$(unit killed)"
        for _ in $(seq 30); do [ -d "$H/logs/cron" ] && ls "$H"/logs/cron/killed-* 2>/dev/null && break; sleep 1; done
        sleep 2
        systemctl kill --signal=KILL "$(unit killed)"
        wait_for killed 30
        S show || true
        S remove
        ls /etc/systemd/system /var/lib/systemd/timers
        find "$H" ! -user {user}
    """, python)  # fmt: skip
    assert list(home.glob("persistent_data/ml_models/*/versions/2*/manifest.json")), said
    assert beats(home, "learn") == ["enabled", "start", "ok", "disabled"]
    assert beats(home, "killed") == ["enabled", "start", "fail", "disabled"], "the failed unit was told of"
    reason = sqlite3.connect(home / "persistent_data" / "ledger.db").execute(
        "SELECT reason FROM heartbeats WHERE job = 'killed' AND event = 'fail'"
    )
    assert "systemd:" in reason.fetchone()[0]
    assert "stockml" not in said.rsplit("our jobs were taken out", 1)[1], "no unit, stamp or file of root's is left"


def _reachable(folder: Path) -> tuple[str, str]:
    """(interpreter, user): one that another user can run, made from the distribution's, else this one for root."""
    libraries = Path(os.__file__).parent if sys.prefix == sys.base_prefix else Path(pytest.__file__).parents[1]
    own = Path(f"/usr/bin/python3.{sys.version_info.minor}")
    made = folder / "python"
    if own.exists() and not subprocess.run([own, "-m", "venv", "--without-pip", made], check=False).returncode:
        (next(made.glob("lib/python3*/site-packages")) / "more.pth").write_text(f"{libraries}\n")
        code = f"import sys; sys.path.insert(0, {str(PACKAGES)!r}); import stockml, numpy"
        probe = [made / "bin" / "python", "-c", code]
        if not subprocess.run(probe, user="www-data", cwd="/", capture_output=True, check=False).returncode:
            return str(made / "bin" / "python"), "www-data"
    return sys.executable, "root"


@pytest.mark.parametrize("kind", ["cron", "user", "system"])
def test_a_machine_touches_nothing_outside_its_folder(folder: Path, tmp_path: Path, kind: str) -> None:
    """A systemd that boots runs what the distribution wants at boot, and Debian's tmpfiles empties /tmp."""
    needs("systemctl", str(SYSTEMD), "cron", "unshare")
    (tmp_path / "kept").write_text("x")
    script = """
        ! touch /etc/written /usr/written 2>/dev/null
        test -z "$(ls /tmp)"
        touch /tmp/inside "$H/inside"
        systemctl start sysinit.target 2>/dev/null || true
    """
    on_machine(kind, folder, folder, script)
    assert (tmp_path / "kept").exists() and (folder / "inside").exists() and not Path("/tmp/inside").exists()
