"""Installing into cron: with a crontab program that works, and with those that fail as real ones did."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import _crontab
import _fleet
import jsonschema
import pytest
from _crontab import HOSTILE
from hypothesis import given, settings
from hypothesis import strategies as st

from stockml import environment, files
from stockml.clock import Clock
from stockml.errors import BusyError, StockmlError, UsageError
from stockml.ledger import heartbeats
from stockml.schedule import calls, cron_install, cron_lines, cron_table, installed, overview, service
from stockml.schedule import times as five_fields
from stockml.schedule.cron_block import DamagedError
from stockml.schedule.cron_table import CronError
from stockml.workspace import Workspace

FOREIGN = b'MAILTO=""\n5 4 * * * date +\\%s % x\n'


@pytest.fixture
def crontab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _crontab.Crontab:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user" / ".config"))
    return _crontab.Crontab(tmp_path / "fake", monkeypatch)


@pytest.fixture
def env(tmp_path: Path) -> environment.Environment:
    return opened(tmp_path / "my 100% fleet")


def opened(home: Path, **schedule: object) -> environment.Environment:
    workspace = Workspace(home)
    workspace.data.mkdir(parents=True, exist_ok=True)
    workspace.config_file.write_text(json.dumps({"symbols": ["AAA"], "schedule": schedule}))
    return environment.open_environment(workspace)


def schema(name: str) -> dict[str, object]:
    return json.loads((Path(__file__).parents[2] / "docs" / "schemas" / f"{name}.json").read_text())


def saved(env: environment.Environment) -> list[bytes]:
    return [path.read_bytes() for path in sorted(env.workspace.cron.glob("crontab-*.before"))]


# Lines


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(blacklist_characters="\\\0", blacklist_categories=["Cc", "Cs", "Zl", "Zp"])),
                min_size=1, max_size=4))  # fmt: skip
def test_what_cron_and_sh_make_of_a_command_is_the_command(words: list[str]) -> None:
    """Cron takes \\% for % and would cut at a bare one (crontab(5)); the rest is handed to sh."""
    text = calls.for_cron(("printf", "%s\\n", *words)).replace("\\n", "|")
    assert "%" not in text.replace(r"\%", "")
    ran = subprocess.run(["sh", "-c", text.replace(r"\%", "%")], capture_output=True, check=True)
    assert ran.stdout.decode() == "".join(f"{word}|" for word in words)


def test_every_line_is_what_its_job_asks_for_and_short(env) -> None:
    made = cron_install.lines(env)
    assert list(made)[:3] == ["forced_training", "smart_training", "cleanup"] and "price_refresh" not in made
    assert list(made)[-1] == calls.MISSED and [line.split(" ")[0] for line in made[calls.MISSED]] == ["@reboot", "25"]
    for name, lines in made.items():
        for line in lines:
            called = shlex.split(line.split(" ", 1 if line.startswith("@") else 5)[-1].replace(r"\%", "%"))
            assert tuple(called) == calls.words(env.workspace, name) and len(line.encode()) < 900
            assert os.path.isabs(called[0]) and str(env.workspace.home) in called


@pytest.mark.parametrize("name", ["a\nb", "a\\b", "a\x7fb", "end ", "\udc80", "a\u2028b"])
def test_a_path_that_cannot_be_written_safely_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be written safely"):
        calls.words(Workspace(tmp_path / name), "backup")


def test_a_line_that_is_too_long_is_refused() -> None:
    with pytest.raises(UsageError, match="longer than cron takes"):
        cron_lines.build("0 0 * * *", ("/x" * 450,))


@pytest.mark.parametrize("when", ["0 0 * * *", "0 * * * *", "0 0 * * 0", "0 0 1 * *", "0 0 1 1 *", "*/7 3-5 1,2 * *"])
def test_a_line_keeps_its_five_fields(when: str) -> None:
    assert cron_lines.build(when, ("/bin/x", "100%")) == f"{when} /bin/x 100\\%"


def test_a_line_that_says_something_else_is_noticed() -> None:
    command = ("/bin/x", "a b")
    line = cron_lines.build("0 6,12 * * 1-5", command)
    assert cron_lines.reads_as(line, "0 6,12 * * 1-5", command)
    for other in (line.replace("6,12", "6,13"), line + " ", line.replace("'a b'", "a b"), line + "\n* * * * * x"):
        assert not cron_lines.reads_as(other, "0 6,12 * * 1-5", command)


def test_lines_know_every_zone_of_their_jobs(tmp_path: Path) -> None:
    jobs = {"a": {"when": "0 9 * * 1", "command": ["settle"], "zone": "Asia/Tokyo"}}
    made = cron_install.lines(opened(tmp_path / "h", zone="America/New_York", jobs=jobs))
    here = cron_install.machine()
    for name, when, zone in (("a", "0 9 * * 1", "Asia/Tokyo"), ("cleanup", "0 3 * * *", "America/New_York")):
        meant = cron_lines.wall_lines.lines(five_fields.parse(when), ZoneInfo(zone), here, Clock().now())
        assert [line.split(" /", 1)[0] for line in made[name]] == list(meant)


# A crontab that works


def test_install_reinstall_and_remove_leave_the_table_as_it_was(crontab, env) -> None:
    for table in (b"\n".join(HOSTILE) + b"\n", b"\r\n".join(HOSTILE), b"", FOREIGN):
        crontab.table = table
        first = cron_install.install(env, dry_run=False)
        installed_table = crontab.table
        assert installed_table == first.new and installed_table.startswith(table)
        assert Path(f"{crontab.file}.mode").read_text() == "600\n"
        crontab.behave("")
        assert cron_install.install(env, dry_run=False).diff == [] and set(crontab.calls) == {"-l"}
        cron_install.remove(env.workspace, dry_run=False)
        assert (crontab.table or b"") == table
        assert not list(env.workspace.cron.glob(".*")), "no temporary file stays"


def test_where_there_was_no_table_there_is_none_after(crontab, env) -> None:
    cron_install.install(env, dry_run=False)
    assert crontab.table
    cron_install.remove(env.workspace, dry_run=False)
    assert crontab.table is None


def test_a_dry_run_shows_and_renders_and_changes_nothing(crontab, env) -> None:
    crontab.table = FOREIGN
    change = cron_install.install(env, dry_run=True)
    assert crontab.table == FOREIGN and set(crontab.calls) == {"-l"} and not saved(env)
    added = [line[1:] for line in change.diff if line.startswith("+") and not line.startswith("+++")]
    rendered = (env.workspace.cron / cron_install.RENDERED).read_text()
    assert rendered == "\n".join(added) + "\n" and "schedule run backup --due" in rendered


def test_the_old_table_is_kept_privately_and_undo_puts_it_back(crontab, env) -> None:
    crontab.table = FOREIGN
    change = cron_install.install(env, dry_run=False)
    assert change.saved is not None and change.saved.read_bytes() == FOREIGN
    assert stat.S_IMODE(change.saved.stat().st_mode) == 0o600
    cron_install.undo(env.workspace, force=False, dry_run=True)
    assert crontab.table == change.new
    cron_install.undo(env.workspace, force=False, dry_run=False)
    assert crontab.table == FOREIGN and change.new in saved(env)
    with pytest.raises(StockmlError, match="no change of the cron table to undo"):
        cron_install.undo(env.workspace, force=False, dry_run=False)


def test_undo_does_not_lose_what_somebody_wrote_since(crontab, env) -> None:
    crontab.table = FOREIGN
    cron_install.install(env, dry_run=False)
    crontab.table = (changed := crontab.table + b"0 0 * * * new\n")
    with pytest.raises(StockmlError, match="would lose that"):
        cron_install.undo(env.workspace, force=False, dry_run=False)
    assert crontab.table == changed
    cron_install.undo(env.workspace, force=True, dry_run=False)
    assert crontab.table == FOREIGN and changed in saved(env)


def test_only_so_many_old_tables_are_kept(crontab, env) -> None:
    env.workspace.cron.mkdir()
    for place in range(cron_install.KEPT - 1):
        (env.workspace.cron / f"crontab-20200101T0000{place:02d}Z.before").write_bytes(b"old")
    for _ in range(2):
        cron_install.install(env, dry_run=False)
        cron_install.remove(env.workspace, dry_run=False)
    assert len(saved(env)) == cron_install.KEPT and saved(env)[-1] != b"old"


def test_two_workspaces_share_a_table(crontab, env, tmp_path: Path) -> None:
    crontab.table = FOREIGN
    other = opened(tmp_path / "other")
    cron_install.install(env, dry_run=False)
    both = cron_install.install(other, dry_run=False).new
    assert both.count(b"# BEGIN stockml ") == 2
    cron_install.remove(env.workspace, dry_run=False)
    assert set(installed.find(other).keepers["backup"]) == {"cron"} and "backup" not in installed.find(env).keepers
    cron_install.remove(other.workspace, dry_run=False)
    assert crontab.table == FOREIGN


def test_jobs_switched_off_lose_their_lines_and_no_jobs_no_block(crontab, tmp_path: Path) -> None:
    crontab.table = FOREIGN
    cron_install.install(opened(tmp_path / "h"), dry_run=False)
    assert b"run backup --due" in crontab.table
    cron_install.install(opened(tmp_path / "h", jobs={"backup": {"enabled": False}}), dry_run=False)
    assert b"run backup --due" not in crontab.table and b"run cleanup --due" in crontab.table
    names = [job.name for job in cron_install.jobs.DEFAULTS]
    cron_install.install(opened(tmp_path / "h", jobs={name: {"enabled": False} for name in names}), dry_run=False)
    assert crontab.table == FOREIGN


# Those that do not


@pytest.mark.parametrize("kind", ["silent", "other_language", "denied", "half", "half_and_one", "nul"])
def test_a_table_that_was_not_read_for_sure_is_not_touched(crontab, env, kind: str) -> None:
    crontab.table = FOREIGN
    crontab.behave(kind)
    with pytest.raises(CronError, match="nothing was changed"):
        cron_install.install(env, dry_run=False)
    with pytest.raises(CronError, match="nothing was changed"):
        cron_install.remove(env.workspace, dry_run=False)
    assert crontab.table == FOREIGN and set(crontab.calls) == {"-l"}


@pytest.mark.parametrize("kind", ["silent", "denied"])
def test_who_may_not_use_cron_is_told_so_only_where_our_lines_were_there(crontab, env, kind: str) -> None:
    crontab.behave(kind)
    assert installed.find(env).problems == () and installed.traces(env) == set()
    crontab.behave("")
    cron_install.install(env, dry_run=False)
    crontab.behave(kind)
    assert "crontab -l" in installed.find(env).problems[0]
    with pytest.raises(CronError):
        installed.traces(env)


def test_a_table_that_changes_meanwhile_is_not_touched(crontab, env) -> None:
    crontab.table = FOREIGN
    crontab.behave("changing")
    with pytest.raises(CronError, match="changed by somebody else"):
        cron_install.install(env, dry_run=False)
    assert set(crontab.calls) == {"-l"} and crontab.table.startswith(FOREIGN)


@pytest.mark.parametrize("kind", ["rejecting", "lying"])
def test_a_refused_table_leaves_the_old_one_and_says_so(crontab, env, kind: str) -> None:
    crontab.table = FOREIGN
    crontab.behave(kind)
    with pytest.raises(CronError, match="the old one is still there") as caught:
        cron_install.install(env, dry_run=False)
    assert crontab.table == FOREIGN and not list(env.workspace.cron.glob(".*"))
    assert kind == "lying" or "bad minute" in caught.value.message


@pytest.mark.parametrize("kind", ["cutting", "killed"])
def test_a_spoilt_table_is_put_back(crontab, env, kind: str) -> None:
    crontab.table = FOREIGN
    crontab.behave(kind)
    with pytest.raises(CronError, match="the old table was put back"):
        cron_install.install(env, dry_run=False)
    assert crontab.table == FOREIGN and (env.workspace.cron / "crontab.found").read_bytes() == FOREIGN[:9]


@pytest.mark.parametrize("kind", ["always_cutting", "later_silent"])
def test_what_cannot_be_put_back_is_said_and_kept(crontab, env, kind: str) -> None:
    crontab.table = FOREIGN
    crontab.behave(kind)
    with pytest.raises(CronError, match="could NOT be put back"):
        cron_install.install(env, dry_run=False)
    assert saved(env) == [FOREIGN]


def test_a_crontab_that_wants_a_last_line_end_gets_one_and_we_say_so(crontab, env) -> None:
    """Debian's refuses a table without; such a table can only have come there by another way."""
    crontab.behave("strict")
    crontab.table = FOREIGN.removesuffix(b"\n")
    told = cron_install.install(env, dry_run=False).warnings
    assert any("cron ignores such a table whole" in one for one in told)
    told = cron_install.remove(env.workspace, dry_run=False).warnings
    assert crontab.table == FOREIGN and any("has one now" in one for one in told)


def test_without_a_crontab_program_the_hint_names_two_ways(env, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = cron_install.lines(env)
    monkeypatch.setenv("PATH", "/nowhere")
    assert wanted
    with pytest.raises(CronError, match="no 'crontab' program") as caught:
        cron_install.install(env, dry_run=False)
    assert "package cron" in caught.value.hint and "--systemd" in caught.value.hint
    assert installed.find(env).problems == ()


def test_damaged_markers_are_refused_before_anything_is_written(crontab, env) -> None:
    crontab.table = (table := FOREIGN + f"# END stockml {calls.identity(env.workspace)}\n".encode())
    with pytest.raises(DamagedError):
        cron_install.install(env, dry_run=False)
    assert crontab.table == table and not saved(env)
    assert any("END markers" in one for one in installed.find(env).problems)


def test_a_second_writer_is_sent_away(crontab, env) -> None:
    with (
        files.lock(Path.home() / ".local" / "state" / "stockml" / "crontab.lock", what="a test"),
        pytest.raises(BusyError, match="the cron table is busy"),
    ):
        cron_install.install(env, dry_run=False)
    assert crontab.table is None


def test_what_a_killed_process_left_behind_is_swept(crontab, env) -> None:
    env.workspace.cron.mkdir()
    left = env.workspace.cron / f"{cron_table.PASSED}99999"
    left.write_bytes(b"x")
    cron_install.install(env, dry_run=False)
    assert not left.exists()


@pytest.mark.parametrize(("line", "words"), [
    (b"CRON_TZ=Asia/Tokyo\n", "CRON_TZ=Asia/Tokyo"), (b"SHELL = '/usr/bin/fish'\r\n", "SHELL=/usr/bin/fish"),
])  # fmt: skip
def test_settings_above_our_lines_that_spoil_them_are_told(crontab, env, line: bytes, words: str) -> None:
    crontab.table = line
    assert any(words in one for one in cron_install.install(env, dry_run=False).warnings)
    crontab.table = b"SHELL=/bin/bash\nMAILTO=x\n# CRON_TZ=x\n"
    told = cron_install.install(env, dry_run=False).warnings
    assert not any("SHELL" in one or "CRON_TZ" in one for one in told)


# What is told of it


def test_jobs_are_noted_in_service_from_their_installation_on(crontab, tmp_path: Path) -> None:
    env = opened(tmp_path / "h")
    cron_install.install(env, dry_run=False)
    assert {event for _, event in service.note(env, installed.find(env))} == {"enabled"}
    assert service.note(env, installed.find(env)) == [], "noted once"
    env = opened(tmp_path / "h", jobs={"backup": {"when": "40 3 * * *"}, "cleanup": {"enabled": False}})
    result, _ = overview.show(env)
    differing = {one["name"]: one["remark"] for one in result["jobs"] if one["differs"]}
    assert set(differing) == {"backup", "cleanup"} and "schedule install --cron' again" in differing["backup"]
    cron_install.install(env, dry_run=False)
    assert service.note(env, installed.find(env)) == [("backup", "enabled"), ("cleanup", "disabled")]
    on = heartbeats.newest(env.ledger, Clock())["backup"]["enabled"]
    assert on.details["when"] == "40 3 * * *" and on.details["keeper"] == "cron"
    assert overview.is_in_order(overview.show(env)[0])
    cron_install.remove(env.workspace, dry_run=False)
    result, _ = overview.show(env)
    assert all("is gone from cron" in one["remark"] for one in result["jobs"] if one["name"] == "backup")
    assert {event for _, event in service.note(env, installed.find(env))} == {"disabled"}
    assert not any(one["differs"] or one["next"] for one in overview.show(env)[0]["jobs"])


def test_a_table_edited_by_hand_is_seen(crontab, env) -> None:
    cron_install.install(env, dry_run=False)
    crontab.table = crontab.table.replace(b"30 3 * * *", b"31 3 * * *")
    assert set(installed.find(env).differing) == {"backup"}


def test_the_commands_tell_and_end_as_documented(crontab, tmp_path: Path) -> None:
    env = opened(tmp_path / "a home")
    home = env.workspace.home
    crontab.table = FOREIGN
    dry = _fleet.result("schedule", "install", "--cron", "--dry-run", home=home)
    jsonschema.validate(dry, schema("schedule-install"))
    assert crontab.table == FOREIGN
    shown = _fleet.stockml("schedule", "install", "--cron", home=home)
    assert shown.returncode == 0 and "+# BEGIN stockml a_home-" in shown.stdout and "crontab-" in shown.stdout
    listed = _fleet.result("schedule", "show", home=home)
    jsonschema.validate(listed, schema("schedule-show"))
    assert [one["installed"] for one in listed["jobs"] if one["name"] == "backup"] == [["cron"]]
    removed = _fleet.result("schedule", "remove", home=home)
    jsonschema.validate(removed, schema("schedule-remove"))
    assert [one["keeper"] for one in removed["removed"]] == ["cron"] and crontab.table == FOREIGN
    assert _fleet.result("schedule", "remove", home=home)["removed"] == []
    undone = _fleet.result("schedule", "undo", home=home)
    jsonschema.validate(undone, schema("schedule-undo"))
    assert undone["changed"] and b"BEGIN stockml" in crontab.table
    for words in (["install"], ["install", "--cron", "--user", "x"]):
        assert _fleet.stockml("schedule", *words, home=home).returncode == 2
    crontab.behave("silent")
    ran = _fleet.stockml("schedule", "install", "--cron", home=home)
    assert ran.returncode == 3 and "nothing was changed" in ran.stderr and "Traceback" not in ran.stderr


def test_a_killed_installation_leaves_the_old_or_the_new_table(crontab, env) -> None:
    """kill -9 at 8 moments of an installation; what is there is one of the two, and the next one goes through."""
    crontab.table = FOREIGN
    new = cron_install.install(env, dry_run=True).new
    for step in range(8):
        crontab.table = FOREIGN
        command = _fleet.command("schedule", "install", "--cron", home=env.workspace.home)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(0.3 + 0.08 * step)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert crontab.table in (FOREIGN, new)
    cron_install.install(env, dry_run=False)
    assert crontab.table == new and sys.executable in new.decode()
