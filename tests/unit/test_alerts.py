"""Who is told what, how often, and what happens when nobody answers. Endpoints are real ones on the loopback."""

from __future__ import annotations

import importlib.util
import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from email import message_from_string
from pathlib import Path
from typing import Any

import _endpoints
import pytest
from _endpoints import Hook, Mailbox

from stockml import alerts
from stockml.alerts import channels, delivery, overview
from stockml.alerts.message import Cause
from stockml.clock import Clock
from stockml.config.channels import TYPES
from stockml.config.schema import Alerts, Config
from stockml.environment import Environment
from stockml.errors import WorkspaceError
from stockml.ledger import alerts as store
from stockml.ledger.store import connect, transaction
from stockml.workspace import Workspace

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FLEET = tuple(f"SYM{place:02d}" for place in range(13))
DOWN = Cause("source:yahoo", "critical", "yahoo is down", "It refuses since 11:40.", FLEET)
NARROW = Cause("coverage:NVDA:1", "warning", "NVDA's intervals are too narrow", "81 % of 400.", ("NVDA",))
WEBHOOK = {"type": "webhook", "url_env": "HOOK", "timeout_s": 0.3}


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    with _endpoints.hook() as place:
        monkeypatch.setenv("HOOK", f"{place.url}/in")
        yield place


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with _endpoints.mailbox() as place:
        yield place


@pytest.fixture
def at(tmp_path: Path) -> Callable[..., Environment]:
    """`at(hours, *channels)`: the workspace so many hours after noon, with channels; `as_of` makes it stand still."""

    def made(hours: float, *listed: dict[str, Any], as_of: date | None = None, cooldown: float = 12) -> Environment:
        env = Environment(Workspace(tmp_path), Config(alerts=Alerts(tuple(listed), cooldown)))
        env.__dict__["clock"] = Clock(NOON + timedelta(hours=hours), as_of)
        return env

    return made


def mail_to(place: Mailbox, **more: Any) -> dict[str, Any]:
    return {"type": "smtp", "host": "127.0.0.1", "port": place.port, "starttls": False, "from": "a@x.org",
            "to": ["b@x.org", "c@x.org"], "timeout_s": 0.5, **more}  # fmt: skip


def log_of(env: Environment) -> str:
    return "".join(path.read_text() for path in sorted((env.workspace.logs / "monitoring").glob("*.log")))


def test_every_type_of_channel_has_its_file() -> None:
    assert sorted(TYPES) == channels.names()
    assert all(callable(channels.load(name).deliver) for name in TYPES)


def test_thirteen_symbols_hit_by_one_source_are_one_message_that_names_it_and_so_is_its_end(
    at: Callable[..., Environment], hook: Hook, mailbox: Mailbox
) -> None:
    listed = (WEBHOOK, mail_to(mailbox), {"type": "log"})
    one_each = [Cause(DOWN.key, "critical", DOWN.title, DOWN.sentence, (symbol,)) for symbol in FLEET]
    told = alerts.update(at(0, *listed), one_each, "monitor")
    assert (told.opened, told.problem) == (("source:yahoo",), "")
    assert sorted((one.channel, one.state) for one in told.deliveries) == [
        ("log", "delivered"), ("smtp", "delivered"), ("webhook", "delivered")]  # fmt: skip
    assert alerts.update(at(1, *listed), one_each, "monitor") == alerts.Told(), "the same again is nothing new"
    gone = alerts.update(at(2, *listed), [], "monitor")
    assert gone.closed == ("source:yahoo",) and gone.message
    first, second = hook.documents()
    assert first["id"] == told.message and first["level"] == "critical"
    assert first["title"] == "critical, new: yahoo is down"
    assert [one["symbols"] for one in first["changes"]] == [list(FLEET)]
    assert "13 symbols: SYM00, SYM01" in first["text"] and "SYM12" in first["text"]
    assert second["title"] == "recovered: yahoo is down" and second["changes"][0]["since"] == "2026-03-02T12:00:00Z"
    assert len(mailbox.letters) == 2 and "SYM12" in mailbox.letters[0]
    letter = message_from_string(mailbox.letters[0])
    assert letter["Subject"] == "[stockml] critical, new: yahoo is down" and letter["To"] == "b@x.org, c@x.org"
    assert letter["Date"] == "Mon, 02 Mar 2026 12:00:00 +0000" and told.message in letter["Message-ID"]
    assert "CRITICAL (new): yahoo is down; It refuses since 11:40." in log_of(at(2))


def test_what_changes_in_one_update_is_one_message(at: Callable[..., Environment], hook: Hook) -> None:
    alerts.update(at(0, WEBHOOK), [NARROW], "monitor")
    others = [Cause(f"age:{symbol}", "warning", f"{symbol} is old", "Eight days.", (symbol,)) for symbol in FLEET]
    told = alerts.update(at(1, WEBHOOK), [DOWN, *others], "monitor")
    assert len(told.opened) == 14 and told.closed == (NARROW.key,)
    document = hook.documents()[1]
    assert len(hook.heard) == 2 and len(document["changes"]) == 15
    assert document["title"] == "14 new, 1 recovered: yahoo is down and 14 more"
    assert [document["changes"][place]["change"] for place in (0, -1)] == ["opened", "closed"]


def test_areas_do_not_close_each_others_alerts(at: Callable[..., Environment], hook: Hook) -> None:
    alerts.update(at(0, WEBHOOK), [DOWN], "fetch")
    assert alerts.update(at(1, WEBHOOK), [], "monitor") == alerts.Told()
    assert alerts.update(at(2, WEBHOOK), [], "fetch").closed == (DOWN.key,)


def test_a_flapping_cause_is_told_once_in_a_cool_down_and_then_if_it_is_still_there(
    at: Callable[..., Environment], hook: Hook
) -> None:
    """Half an hour of trouble, half an hour without, from noon to eleven at night; open from then on."""
    for half in range(23):
        alerts.update(at(half / 2, WEBHOOK), [DOWN] if half % 2 == 0 else [], "monitor")
    assert [one["level"] for one in hook.documents()] == ["critical", "recovered"]
    assert alerts.update(at(11.5, WEBHOOK), [DOWN], "monitor").message is None
    late = alerts.update(at(12, WEBHOOK), [DOWN], "monitor")
    assert late.opened == () and hook.documents()[-1]["id"] == late.message
    assert hook.documents()[-1]["changes"][0]["change"] == "again"
    assert hook.documents()[-1]["changes"][0]["since"] == "2026-03-02T23:00:00Z"
    assert alerts.update(at(30, WEBHOOK), [DOWN], "monitor").message is None, "the same for days is no news"
    assert alerts.update(at(31, WEBHOOK), [], "monitor").message


def test_a_cause_that_became_worse_is_told_after_the_cool_down(at: Callable[..., Environment], hook: Hook) -> None:
    mild = Cause(DOWN.key, "warning", DOWN.title, DOWN.sentence, FLEET[:1])
    alerts.update(at(0, WEBHOOK), [mild], "monitor")
    assert alerts.update(at(1, WEBHOOK), [DOWN], "monitor").message is None
    [standing] = store.standing(at(1).ledger, at(1).clock)
    assert (standing.level, standing.symbols, standing.told_level) == ("critical", FLEET, "warning")
    worse = alerts.update(at(13, WEBHOOK), [DOWN], "monitor")
    assert worse.worse == (DOWN.key,) and hook.documents()[-1]["title"] == "critical, worse: yahoo is down"
    for hours, cause in ((14, mild), (40, DOWN)):
        assert alerts.update(at(hours, WEBHOOK), [cause], "monitor").message is None, "this level was told"


@pytest.mark.parametrize(("change", "words"), [
    ({"status": 500}, "HTTP 500"), ({"delay_s": 1.5}, "ReadTimeout"), ({"drip": True}, "no end after"),
    ({"status": 302, "location": "http://127.0.0.1:1/elsewhere"}, "which is not followed"),
])  # fmt: skip
def test_an_endpoint_that_fails_is_tried_again_later_and_told_once(
    change: dict[str, Any], words: str, at: Callable[..., Environment], hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MARGIN_S", 0.7)
    for name, value in change.items():
        setattr(hook, name, value)
    began = time.monotonic()
    [failed] = alerts.update(at(0, WEBHOOK), [DOWN], "monitor").deliveries
    assert time.monotonic() - began < 2.0, "a slow endpoint costs no more than its time"
    assert (failed.state, failed.attempts) == ("waiting", 1) and words in failed.error
    assert len(hook.heard) == 1, "it was asked, and no other place"
    hook.status, hook.delay_s, hook.drip, hook.location = 200, 0.0, False, ""
    assert alerts.update(at(0.05, WEBHOOK), [DOWN], "monitor").deliveries == (), "not at once"
    [arrived] = alerts.update(at(0.1, WEBHOOK), [DOWN], "monitor").deliveries
    assert (arrived.state, arrived.attempts, arrived.message) == ("delivered", 2, failed.message)
    assert alerts.update(at(9, WEBHOOK), [DOWN], "monitor").deliveries == ()
    assert [one["id"] for one in hook.documents()] == [failed.message] * 2


def test_an_endpoint_that_is_down_for_good_is_given_up_after_six_attempts_and_said_so(
    at: Callable[..., Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", f"http://127.0.0.1:{_endpoints.closed_port()}/in")
    made = [one for hour in range(60) for one in alerts.update(at(hour, WEBHOOK), [DOWN], "monitor").deliveries]
    assert [one.state for one in made] == ["waiting"] * 5 + ["given_up"]
    assert "ConnectError" in made[0].error
    [trouble] = alerts.troubles(at(60, WEBHOOK))
    assert trouble.startswith("1 alert message has never reached webhook: 127.0.0.1 gave no answer")
    [row] = overview.since(at(60, WEBHOOK), 7)["deliveries"]
    assert (row["state"], row["attempts"], row["next_at"]) == ("given_up", 6, None)
    assert "attempt 6" in log_of(at(60)) and "given up" in log_of(at(60))
    assert alerts.troubles(at(24 * 9, WEBHOOK)) == [], "after a week it is history"


def test_messages_wait_for_a_channel_in_their_order_and_cost_one_attempt_a_round(
    at: Callable[..., Environment], hook: Hook
) -> None:
    hook.status = 503
    for hour, causes in ((0, [DOWN]), (0.02, [DOWN, NARROW]), (0.04, [NARROW])):
        alerts.update(at(hour, WEBHOOK), causes, "monitor")
    before = len(hook.heard)
    alerts.update(at(3, WEBHOOK), [NARROW], "monitor")
    assert len(hook.heard) == before + 1
    hook.status = 204
    told = alerts.update(at(10, WEBHOOK), [NARROW], "monitor")
    assert [one.state for one in told.deliveries] == ["delivered"] * 3
    titles = [one["title"] for one in hook.documents()[-3:]]
    assert [title.split(":")[0] for title in titles] == ["critical, new", "warning, new", "recovered"]


def test_no_recovery_arrives_before_its_alert(at: Callable[..., Environment], hook: Hook) -> None:
    hook.status = 503
    for hour in (0, 1, 2, 4):
        alerts.update(at(hour, WEBHOOK), [DOWN], "monitor")
    hook.status, hook.heard[:] = 200, []
    assert alerts.update(at(5, WEBHOOK), [DOWN], "monitor").deliveries == (), "the alert waits for its fifth attempt"
    told = alerts.update(at(6, WEBHOOK), [], "monitor")
    assert [one.attempts for one in told.deliveries] == [5, 1]
    assert [one["level"] for one in hook.documents()] == ["critical", "recovered"]


def test_one_channel_that_fails_does_not_keep_another_from_its_message(
    at: Callable[..., Environment], hook: Hook, mailbox: Mailbox
) -> None:
    mailbox.refuse["MAIL"] = "451 not now"
    told = alerts.update(at(0, mail_to(mailbox), WEBHOOK), [DOWN], "monitor")
    states = {one.channel: (one.state, one.error) for one in told.deliveries}
    assert states["webhook"] == ("delivered", "")
    assert states["smtp"][0] == "waiting" and "451" in states["smtp"][1] and "not now" in states["smtp"][1]
    mailbox.refuse.clear()
    [again] = alerts.update(at(1, mail_to(mailbox), WEBHOOK), [DOWN], "monitor").deliveries
    assert again.state == "delivered" and len(mailbox.letters) == 1


def test_mail_is_signed_in_for_and_one_refused_address_does_not_spoil_it(
    at: Callable[..., Environment], mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_USER", "watcher")
    monkeypatch.setenv("MAIL_PASSWORD", "correct horse")
    listed = mail_to(mailbox, user_env="MAIL_USER", password_env="MAIL_PASSWORD")
    assert alerts.update(at(0, listed), [DOWN], "monitor").deliveries[0].state == "delivered"
    assert mailbox.logins == ["\0watcher\0correct horse"]
    mailbox.refuse["RCPT"] = "550 nobody here"
    [refused] = alerts.update(at(1, listed), [], "monitor").deliveries
    assert refused.state == "waiting" and "nobody here" in refused.error and len(mailbox.letters) == 1


def test_as_of_a_session_everything_is_recorded_and_nothing_is_sent(at: Callable[..., Environment], hook: Hook) -> None:
    session = date(2026, 3, 2)
    told = alerts.update(at(0, WEBHOOK, as_of=session), [DOWN], "monitor")
    assert told.opened == (DOWN.key,) and told.message is None and told.deliveries == ()
    assert alerts.ping(at(0, {"type": "healthchecks", "url_env": "HOOK"}, as_of=session), "monitor", "fail") == []
    assert [one["key"] for one in overview.since(at(1, as_of=session), 7)["open"]] == [DOWN.key]
    before = at(-24, as_of=date(2026, 3, 1))
    assert overview.since(before, 7)["open"] == [], "what came later is not seen"
    assert overview.since(at(1), 7)["open"] == [], "and the present has its own alerts"
    assert alerts.update(at(2, WEBHOOK), [], "monitor") == alerts.Told() and hook.heard == []
    alerts.update(at(2, WEBHOOK), [DOWN], "monitor")
    alerts.update(at(3, WEBHOOK, as_of=session), [], "monitor")
    assert [one["key"] for one in overview.since(at(3), 7)["open"]] == [DOWN.key], "a look at the past closes nothing"
    assert len(hook.heard) == 1


def test_an_alert_from_before_there_were_channels_is_told_as_soon_as_there_is_one(
    at: Callable[..., Environment], hook: Hook
) -> None:
    assert alerts.update(at(0), [DOWN], "monitor").message is None
    assert alerts.update(at(1, WEBHOOK), [DOWN], "monitor").deliveries[0].state == "delivered"
    assert hook.documents()[0]["changes"][0]["change"] == "again"


def test_a_clock_set_back_a_day_neither_repeats_alerts_nor_holds_up_deliveries(
    at: Callable[..., Environment], hook: Hook
) -> None:
    hook.status = 500
    alerts.update(at(0, WEBHOOK), [DOWN], "monitor")
    hook.status = 200
    back = alerts.update(at(-24, WEBHOOK), [DOWN], "monitor")
    assert back.message is None and [one.state for one in back.deliveries] == ["delivered"]


def test_a_channel_that_was_removed_is_given_up_and_not_waited_for(at: Callable[..., Environment], hook: Hook) -> None:
    hook.status = 500
    alerts.update(at(0, WEBHOOK), [DOWN], "monitor")
    [gone] = alerts.update(at(1, {"type": "log"}), [DOWN], "monitor").deliveries
    assert gone.state == "given_up" and "configured" in gone.error


def test_two_processes_at_once_tell_once(at: Callable[..., Environment], hook: Hook) -> None:
    at(0).ledger.close()
    ready = threading.Barrier(4)

    def run() -> None:
        env = at(0, WEBHOOK)
        ready.wait()
        alerts.update(env, [DOWN], "monitor")

    threads = [threading.Thread(target=run) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(hook.heard) == 1


def test_a_process_killed_while_it_delivers_leaves_the_message_to_the_next(
    at: Callable[..., Environment], hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*words: Any) -> tuple[bool, str]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(delivery, "attempt", killed)
        alerts.update(at(0, WEBHOOK), [DOWN], "monitor")
    [later] = alerts.update(at(1, WEBHOOK), [DOWN], "monitor").deliveries
    assert (later.state, later.attempts) == ("delivered", 2) and len(hook.heard) == 1


def test_a_ledger_that_cannot_be_written_is_told_and_the_job_goes_on(
    at: Callable[..., Environment], hook: Hook
) -> None:
    env = at(0, WEBHOOK)
    env.ledger.execute("PRAGMA busy_timeout = 50")
    other = connect(env.workspace.ledger_file)
    with transaction(other):
        told = alerts.update(env, [DOWN], "monitor")
    assert "busy" in told.problem and told.deliveries == () and hook.heard == []
    assert alerts.update(env, [DOWN], "monitor").deliveries[0].state == "delivered"


def test_a_full_disk_is_told_and_the_job_goes_on(tmp_path: Path) -> None:
    """The limit on file sizes stands in for the disk: the ledger's log cannot grow."""
    code = (
        "import resource, sys; from pathlib import Path; from stockml import alerts; from stockml.workspace import *\n"
        "from stockml.config.schema import Config; from stockml.environment import Environment\n"
        "env = Environment(Workspace(Path(sys.argv[1])), Config()); env.ledger\n"
        "size = env.workspace.ledger_file.with_name('ledger.db-wal').stat().st_size\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, size + 100))\n"
        "print(alerts.update(env, [alerts.Cause('a', 'warning', 'old', 'Eight days.')], 'monitor').problem)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout.startswith("alerts of monitor: ") and not ran.stderr


def test_a_ledger_from_before_there_were_alerts_has_none(at: Callable[..., Environment]) -> None:
    assert overview.since(at(0), 7)["open"] == [] and alerts.troubles(at(0)) == []


def test_a_damaged_ledger_is_told_and_the_job_goes_on(at: Callable[..., Environment]) -> None:
    at(0).workspace.data.mkdir()
    at(0).workspace.ledger_file.write_bytes(b"nonsense" * 1000)
    assert "not a readable ledger" in alerts.update(at(0), [DOWN], "monitor").problem
    with pytest.raises(WorkspaceError):
        overview.since(at(0), 7)


@pytest.mark.parametrize("address", ["http://[", "ftp://127.0.0.1/x", "not an address", ""])
def test_an_address_that_is_none_fails_the_delivery_only(
    address: str, at: Callable[..., Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", address)
    [failed] = alerts.update(at(0, WEBHOOK), [DOWN], "monitor").deliveries
    assert failed.state == "waiting" and "HOOK" in failed.error


def test_pings_tell_start_success_and_failure_of_the_jobs_they_are_for(
    at: Callable[..., Environment], hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PING", f"{hook.url}/p/{{job}}?create=1")
    env = at(0, {"type": "healthchecks", "url_env": "PING", "jobs": ["monitor"], "timeout_s": 0.3})
    for state in ("start", "success", "fail"):
        assert alerts.ping(env, "monitor", state, "three symbols failed") == []
    assert alerts.ping(env, "train", "start") == []
    assert [path for path, _, _ in hook.heard] == [
        "/p/monitor/start?create=1", "/p/monitor?create=1", "/p/monitor/fail?create=1"]  # fmt: skip
    assert hook.heard[-1][2] == b"three symbols failed"
    hook.status = 500
    [problem] = alerts.ping(env, "monitor", "success")
    assert "HTTP 500" in problem and problem in log_of(env)
    assert alerts.update(env, [DOWN], "monitor").message is None, "a place for pings gets no alerts"


@pytest.mark.skipif(importlib.util.find_spec("apprise") is not None, reason="apprise is installed")
def test_without_the_library_apprise_the_message_waits_and_says_how_to_get_it(
    at: Callable[..., Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICES", "json://127.0.0.1:1")
    [failed] = alerts.update(at(0, {"type": "apprise", "urls_env": "SERVICES"}), [DOWN], "monitor").deliveries
    assert failed.state == "waiting" and "pip install 'stockml[alerts]'" in failed.error


def test_apprise_takes_a_message_to_all_of_its_services_and_names_those_that_refuse(
    at: Callable[..., Environment], hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("apprise")
    here = f"json://127.0.0.1:{hook.port}/in"
    for hour, services in enumerate((here, f"{here}  nonsense://x", f"json://127.0.0.1:{_endpoints.closed_port()}")):
        monkeypatch.setenv("SERVICES", services)
        channel = {"type": "apprise", "urls_env": "SERVICES", "timeout_s": 20}
        cause = Cause(f"age:{hour}", "warning", "old", "Eight days.")
        [made] = alerts.update(at(hour, channel), [cause], str(hour)).deliveries
        words = ("", "1 of 2 services did not take it (nonsense)", "1 of 1 services did not take it (json)")[hour]
        assert (made.state, made.error) == ("waiting" if hour == 2 else "delivered", words)
    assert [one["title"] for one in hook.documents()] == ["warning, new: old"] * 2
    assert "Eight days." in hook.documents()[0]["message"]


def test_the_tables_hold_each_change_and_nothing_changes_in_them_later(
    at: Callable[..., Environment], hook: Hook
) -> None:
    alerts.update(at(0, WEBHOOK), [DOWN], "monitor")
    first = _rows(at(0).ledger)
    alerts.update(at(1, WEBHOOK), [], "monitor")
    assert _rows(at(0).ledger)[:1] == first
    assert [(row["change"], row["told"]) for row in _rows(at(0).ledger)] == [("opened", 1), ("closed", 1)]


def _rows(ledger: sqlite3.Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in ledger.execute("SELECT * FROM alerts ORDER BY number")]


def test_what_an_update_did_is_plain_json(at: Callable[..., Environment], hook: Hook) -> None:
    told = alerts.update(at(0, WEBHOOK), [DOWN], "monitor")
    assert json.loads(json.dumps(told.as_json()))["deliveries"][0]["state"] == "delivered"
