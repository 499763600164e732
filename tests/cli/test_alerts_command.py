"""`alerts list` and `alerts test` as people and scripts use them, and what the configuration refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import _endpoints
import _fleet
import jsonschema
import pytest
from _endpoints import Hook

from stockml import alerts
from stockml.alerts.message import Cause
from stockml.clock import Clock
from stockml.config import load
from stockml.environment import open_environment
from stockml.errors import ConfigError
from stockml.workspace import Workspace

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
WEBHOOK = {"type": "webhook", "url_env": "STOCKML_TEST_HOOK", "timeout_s": 2}
DOWN = Cause("source:yahoo", "critical", "yahoo is down", "It refuses since 11:40.", ("AAA", "BBB"))
TYPO = "https://hooks.example.org/services/T0/canary-in-the-configuration"


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    with _endpoints.hook() as place:
        monkeypatch.setenv("STOCKML_TEST_HOOK", f"{place.url}/in")
        yield place


def home_with(home: Path, *listed: dict[str, Any], **more: Any) -> Path:
    (home / "persistent_data").mkdir(exist_ok=True)
    (home / "persistent_data" / "ml_config.json").write_text(json.dumps({"alerts": {"channels": listed}, **more}))
    return home


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text())
    return found


def test_the_list_shows_what_is_open_what_is_over_and_what_did_not_arrive(tmp_path: Path, hook: Hook) -> None:
    home = home_with(tmp_path, WEBHOOK, {"type": "log"})
    env = open_environment(Workspace(home))
    alerts.update(env, [Cause("age:CCC", "warning", "CCC is old", "Eight days.", ("CCC",))], "monitor")
    hook.status = 500
    alerts.update(env, [DOWN], "monitor")
    found = _fleet.result("alerts", "list", home=home, status=1)
    jsonschema.validate(found, schema("alerts-list"))
    assert [one["key"] for name in ("open", "closed") for one in found[name]] == [DOWN.key, "age:CCC"]
    states = [(one["channel"], one["state"]) for one in found["deliveries"]]
    assert sorted(states) == [("log", "delivered")] * 2 + [("webhook", "delivered"), ("webhook", "waiting")]
    for document in hook.documents():
        jsonschema.validate(document, schema("alerts-message"))
    ran = _fleet.stockml("alerts", "list", home=home)
    assert "critical yahoo is down" in ran.stdout and "CCC is old, open since" in ran.stdout
    assert "1 alert message have not yet reached" not in ran.stderr
    assert "1 alert message has not yet reached webhook: 127.0.0.1 answers HTTP 500" in ran.stderr
    ran = _fleet.stockml("status", home=home)
    assert "has not yet reached webhook" in ran.stderr


def test_a_test_message_goes_to_every_channel_or_to_one_and_records_nothing(tmp_path: Path, hook: Hook) -> None:
    home = home_with(tmp_path, WEBHOOK, {**WEBHOOK, "name": "second"}, {"type": "log"})
    found = _fleet.result("alerts", "test", home=home)
    jsonschema.validate(found, schema("alerts-test"))
    assert [one["channel"] for one in found["channels"]] == ["webhook", "second", "log"] and len(hook.heard) == 2
    jsonschema.validate(hook.documents()[0], schema("alerts-message"))
    hook.status = 404
    [failed] = _fleet.result("alerts", "test", "second", home=home, status=1)["channels"]
    assert failed["error"] == "127.0.0.1 answers HTTP 404"
    assert "FAILED" in _fleet.stockml("alerts", "test", home=home).stdout
    assert _fleet.result("alerts", "list", home=home)["deliveries"] == []


@pytest.mark.parametrize(("words", "listed", "told"), [
    (("alerts", "test"), [], "no alert channels are configured"),
    (("alerts", "test", "mail"), [WEBHOOK], "there is no channel 'mail'"),
    (("alerts", "test", "--as-of", "2020-01-02"), [WEBHOOK], "nothing is sent as of a session"),
])  # fmt: skip
def test_a_test_that_cannot_be_is_wrong_usage(
    words: tuple[str, ...], listed: list[dict[str, Any]], told: str, tmp_path: Path, hook: Hook
) -> None:
    ran = _fleet.stockml(*words, home=home_with(tmp_path, *listed))
    assert ran.returncode == 2 and told in ran.stderr and hook.heard == []


@pytest.mark.parametrize(("channel", "path", "words"), [
    ({"type": "webhook", "url": TYPO}, "url", "name the variable in url_env"),
    ({"type": "webhook", "url_env": TYPO}, "url_env", "not the secret itself"),
    ({"type": "smtp", "host": "h", "from": "a@x.org", "to": ["b@x.org"], "password": TYPO}, "password", "password_env"),
    ({"type": "smtp", "host": TYPO, "from": "a@x.org", "to": ["b@x.org"]}, "host", "not a mail server"),
    ({"type": "smtp", "host": "h", "from": "a@x.org\nBcc: c@x.org", "to": ["b@x.org"]}, "from", "not a mail address"),
    ({"type": "smtp", "host": "h", "from": "a@x.org", "to": [TYPO]}, "to.0", "not a mail address"),
    ({"type": "smtp", "host": "h.org", "from": "a@x.org", "to": ["b@x.org"], "starttls": False, "user_env": "U",
      "password_env": "P"}, "starttls", "in the clear"),
    ({"type": "smtp", "host": "h", "from": "a@x.org", "to": ["b@x.org"], "user_env": "U"}, "", "go together"),
    ({"type": TYPO}, "type", "there are log, webhook, smtp, apprise, healthchecks"),
    ({"type": "webhok"}, "type", "there are log, webhook"),
    ({"type": "apprise", "urls": [TYPO]}, "urls", "urls_env"),
    ({"type": "healthchecks", "url_env": "U", "timeuot_s": TYPO}, "timeuot_s", "did you mean 'timeout_s'?"),
    ({"type": "webhook", "url_env": "U", "timeout_s": TYPO}, "timeout_s", "number"),
    (TYPO, "", "should be an object"),
])  # fmt: skip
def test_a_wrong_channel_is_refused_in_words_that_do_not_repeat_it(channel: Any, path: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load.validate({"alerts": {"channels": [{"type": "log"}, channel]}})
    [problem] = refused.value.problems
    assert problem["path"] == "alerts.channels.1" + (f".{path}" if path else "")
    assert words in str(problem["message"]) and "canary" not in refused.value.message + json.dumps(problem)


@pytest.mark.parametrize("section", [TYPO, {"channels": TYPO}, {"webhook": TYPO}, {"cooldown_hours": TYPO}])
def test_a_secret_anywhere_in_the_section_is_not_repeated(section: Any) -> None:
    with pytest.raises(ConfigError) as refused:
        load.validate({"alerts": section})
    assert "canary" not in refused.value.message + json.dumps(refused.value.problems)


def test_two_channels_of_one_name_are_refused_and_the_schema_for_editors_knows_the_types() -> None:
    with pytest.raises(ConfigError, match="another channel has this name"):
        load.validate({"alerts": {"channels": [{"type": "log"}, {"type": "log"}]}})
    made = load.json_schema()
    ok = {"type": "smtp", "host": "h.org", "from": "a@x.org", "to": ["b@x.org"]}
    jsonschema.validate({"alerts": {"channels": [ok]}}, made)
    load.validate({"alerts": {"channels": [ok]}})
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"alerts": {"channels": [{**ok, "password": "x"}]}}, made)


def test_a_screen_of_eighty_columns_holds_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: Hook) -> None:
    monkeypatch.setenv("STOCKML_TEST_HOOK", f"http://127.0.0.1:{_endpoints.closed_port()}/in")
    home = home_with(tmp_path, WEBHOOK)
    env = open_environment(Workspace(home))
    env.__dict__["clock"] = Clock(datetime.now(UTC).replace(microsecond=0))
    many = tuple(f"SYM{place:02d}" for place in range(13))
    alerts.update(env, [Cause("source:yahoo", "critical", "yahoo is down", "It refuses. " * 20, many)], "monitor")
    from rich.console import Console

    from stockml.alerts import overview
    from stockml.view import alerts as view

    console = Console(width=80, record=True, file=open("/dev/null", "w"), highlight=False, markup=False)  # noqa: SIM115
    view.screen(overview.since(env, 7), None)(console)
    shown = console.export_text()
    assert max(map(len, shown.splitlines())) <= 80
    assert re.search(r"13 symbols: SYM00 .* and 1 more", " ".join(shown.split())) and "ConnectError" in shown
