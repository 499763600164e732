"""No secret in any message, error, log line or ledger row: canaries through every channel while it fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import _endpoints
import pytest

from stockml import alerts, credentials
from stockml.alerts import overview, redaction, trial
from stockml.alerts.message import Cause
from stockml.clock import Clock
from stockml.config.channels import read
from stockml.config.schema import Alerts, Config
from stockml.environment import Environment
from stockml.errors import StockmlError
from stockml.workspace import Workspace

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CANARIES = ("canary-user", "canary-password", "canary-path-token", "canary-query", "canary%2Fword", "canary/word",
            "canary-mail-user", "canary mail password", "canary-ping-token", "canary-slack")  # fmt: skip


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Every secret in its place, and endpoints that repeat what they were told."""
    with _endpoints.hook() as hook, _endpoints.mailbox() as mailbox:
        hook.status = 500
        login = "canary-user:canary-password@"
        monkeypatch.setenv("HOOK", f"http://{login}127.0.0.1:{hook.port}/canary-path-token?key=canary-query")
        monkeypatch.setenv("BROKEN", "http://canary-user:canary%2Fword@127.0.0.1:port/canary-path-token")
        monkeypatch.setenv("MAIL_USER", "canary-mail-user")
        folder = tmp_path / "credentials"
        folder.mkdir()
        (folder / "MAIL_PASS").write_text("canary mail password\n")
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
        monkeypatch.setenv("PING", f"http://127.0.0.1:{hook.port}/canary-ping-token")
        monkeypatch.setenv("SERVICES", "slack://canary-slack/AAAAAAAAA/BBBBBBBBB http://canary-user:canary-password@x")
        mailbox.refuse["AUTH"] = "535 {line} is wrong, canary-mail-user and canary mail password"
        yield {"hook": hook, "mailbox": mailbox, "port": mailbox.port}


def environment(home: Path, *listed: dict[str, Any]) -> Environment:
    env = Environment(Workspace(home), Config(alerts=Alerts(tuple(listed))))
    env.__dict__["clock"] = Clock(NOON)
    return env


def channels(port: int) -> tuple[dict[str, Any], ...]:
    mail = {"type": "smtp", "host": "127.0.0.1", "port": port, "from": "a@x.org", "to": ["b@x.org"], "starttls": False,
            "user_env": "MAIL_USER", "password_env": "MAIL_PASS", "timeout_s": 2.0}  # fmt: skip
    return (
        {"type": "webhook", "url_env": "HOOK", "timeout_s": 1.0},
        {"type": "webhook", "name": "broken", "url_env": "BROKEN", "timeout_s": 1.0}, mail,
        {"type": "apprise", "urls_env": "SERVICES", "timeout_s": 5.0},
        {"type": "healthchecks", "url_env": "PING", "timeout_s": 1.0}, {"type": "log"},
    )  # fmt: skip


def test_no_secret_leaves_while_every_channel_fails(secret: dict[str, Any], tmp_path: Path, capfd: Any) -> None:
    env = environment(tmp_path / "home", *channels(secret["port"]))
    sentence = " and ".join(CANARIES) + " http://someone:else@host.org/a?b=unlisted TOKEN=unlisted2"
    told = alerts.update(env, [Cause("source:canary-query", "warning", "canary-slack", sentence, ("A",))], "monitor")
    states = {one.channel: one.state for one in told.deliveries}
    assert states == {"webhook": "waiting", "broken": "waiting", "smtp": "waiting", "apprise": "waiting",
                      "log": "delivered"}  # fmt: skip
    failed = alerts.ping(env, "monitor", "fail", sentence)
    assert len(failed) == 1
    words = [str(told), str(alerts.troubles(env)), str(overview.since(env, 7)), str(trial.send(env)), *failed]
    words += [body.decode() for _, _, body in secret["hook"].heard]
    words += [path.read_text() for path in env.workspace.logs.rglob("*.log")]
    assert any("535" in one for one in words), "the mail server's words are there"
    with sqlite3.connect(env.workspace.ledger_file) as ledger:
        words += list(ledger.iterdump())
    words += list(capfd.readouterr())
    for canary in (*CANARIES, "someone", "unlisted", "AAAAAAAAA"):
        for spelt in redaction._spellings(canary):
            assert not [one for one in words if spelt in one], spelt
    assert not [one for one in words if redaction._base64("\0canary-mail-user\0canary mail password") in one]


@pytest.mark.parametrize(("text", "kept"), [
    ("https://u:p@host.org:8443/a/b?token=x#y", "https://host.org:8443/a/b"),
    ("see https://hooks.slack.com/services/T00000000/B00000000/abcd1234abcd1234abcd1234.",
     "see https://hooks.slack.com/services/T00000000/B00000000/***"),
    ("apikey=abc123&symbol=A", "apikey=***&symbol=A"), ('{"api_key": "abc"}', '{"api_key": "***"}'),
    ("Authorization: Bearer abc.def", "Authorization: ***"), ("MY_PASSWORD='hunter2'", "MY_PASSWORD='***'"),
    ("bearer 0123456789abcdef0", "bearer ***"), ("ghp_0123456789abcdef0123", "***"),
    ("the token expired", "the token expired"), ("90 % of 400 forecasts", "90 % of 400 forecasts"),
    ("two\nlines\x1b[31m", "two lines [31m"),
])  # fmt: skip
def test_what_looks_like_a_secret_is_struck_out_and_plain_words_stay(text: str, kept: str) -> None:
    assert redaction.redact(text) == kept


def test_keys_of_the_environment_are_struck_out_though_no_channel_uses_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIINGO_API_KEY", "0123canary")
    known = redaction.secrets(())
    assert redaction.redact("host says: 0123canary is over its limit", known) == "host says: *** is over its limit"


def test_short_secrets_do_not_strike_out_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "http://127.0.0.1/in")
    known = redaction.secrets(read([{"type": "webhook", "url_env": "HOOK"}]))
    assert redaction.redact("in the morning at 127.0.0.1", known) == "in the morning at 127.0.0.1"


def test_a_credential_comes_from_the_environment_or_the_services_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "A_NAME").write_text(" from the folder \n")
    (tmp_path / "BROKEN").write_bytes(b"\xff\xfe")
    assert credentials.read("A_NAME") == "from the folder" and credentials.read("NONE_SUCH") == ""
    monkeypatch.setenv("A_NAME", "from the environment")
    assert credentials.require("A_NAME") == "from the environment"
    with pytest.raises(StockmlError, match="BROKEN"):
        credentials.read("BROKEN")
    with pytest.raises(StockmlError, match="NONE_SUCH") as missing:
        credentials.require("NONE_SUCH")
    assert "systemd" in missing.value.hint
