"""Pointers: one champion, the one before kept for rollback, the past not moved by the present."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stockml import files
from stockml.clock import Clock
from stockml.errors import ModelError
from stockml.ledger import facts, triggers
from stockml.ledger import store as ledger_store
from stockml.store import pointers, versions
from stockml.workspace import Workspace


def clock(day: int, *, as_of: bool = True) -> Clock:
    moment = datetime(2019, 12, day, 21, 30, tzinfo=UTC)
    return Clock(moment, moment.date() if as_of else None)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Workspace, sqlite3.Connection, list[str]]]:
    """A workspace, its ledger, and three versions of AAA (10th, 11th and 12th of December)."""
    workspace = Workspace(tmp_path)
    ledger = ledger_store.connect(workspace.ledger_file)
    made = [
        versions.publish(workspace, "AAA", clock(day).now(), {"parameters.json": b"%d" % day}, {}, {}, {})
        for day in (10, 11, 12)
    ]
    yield workspace, ledger, made
    ledger.close()


Place = tuple[Workspace, sqlite3.Connection, list[str]]


def promote(place: Place, version: str, at: Clock) -> None:
    pointers.promote(place[0], place[1], "AAA", version, at, "test", "a test")


@pytest.mark.parametrize("as_of", [True, False])
def test_promotion_keeps_the_one_before_and_repeating_it_changes_nothing(place: Place, as_of: bool) -> None:
    workspace, _, (first, second, _) = place
    promote(place, first, clock(10, as_of=as_of))
    promote(place, second, clock(11, as_of=as_of))
    before = pointers.live_file(workspace, "AAA").read_bytes()
    promote(place, second, clock(12, as_of=as_of))
    assert pointers.live_file(workspace, "AAA").read_bytes() == before
    live = pointers.read(workspace, "AAA")
    assert live is not None and tuple(sorted(live)) == tuple(sorted(pointers.FIELDS))
    assert (live["champion"], live["previous"], live["since"]) == (second, first, "2019-12-11T21:30:00Z")


def test_before_the_first_promotion_there_are_no_pointers(place: Place) -> None:
    assert pointers.read(place[0], "AAA") is None and pointers.as_of(place[0], place[1], "AAA", clock(12)) is None


def test_a_promotion_in_the_past_is_logged_there_and_does_not_move_the_present(place: Place) -> None:
    workspace, ledger, (first, _, third) = place
    promote(place, third, clock(12))
    promote(place, first, clock(10))
    live = pointers.read(workspace, "AAA")
    assert live is not None and live["champion"] == third
    for day, wanted in ((10, first), (11, first), (12, third)):
        found = pointers.as_of(workspace, ledger, "AAA", clock(day))
        assert found is not None and found["champion"] == wanted


def test_a_damaged_version_is_never_promoted(place: Place) -> None:
    workspace, ledger, (first, second, _) = place
    promote(place, first, clock(10))
    (versions.folder(workspace, "AAA", second) / "parameters.json").write_bytes(b"99")
    with pytest.raises(ModelError, match="altered"):
        promote(place, second, clock(11))
    live, logged = pointers.read(workspace, "AAA"), facts.latest_promotion(ledger, "AAA")
    assert live is not None and live["champion"] == first and logged == "2019-12-10T21:30:00Z"


def test_a_run_killed_between_file_and_log_is_completed_by_the_next_promotion(place: Place) -> None:
    _, ledger, (first, second, _) = place
    promote(place, first, clock(10, as_of=False))
    ledger.execute("DELETE FROM promotions")  # what a kill after the rename of live.json leaves
    promote(place, second, clock(11, as_of=False))
    log = ledger.execute("SELECT at, champion, previous FROM promotions ORDER BY number").fetchall()
    assert [tuple(row) for row in log] == [
        ("2019-12-10T21:30:00Z", first, None), ("2019-12-11T21:30:00Z", second, first),
    ]  # fmt: skip


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"champion": "v"}', b"null", b"\xff", b"[" * 100_000])
def test_a_damaged_pointer_file_is_refused_with_a_remedy(place: Place, content: bytes) -> None:
    pointers.live_file(place[0], "AAA").write_bytes(content)
    with pytest.raises(ModelError, match=r"AAA: live\.json") as refusal:
        pointers.read(place[0], "AAA")
    assert "stockml train AAA" in refusal.value.hint


@pytest.mark.parametrize("wrong", [1, "", None, [], {}, "../../BBB/versions/v"])
def test_pointers_that_cannot_be_version_names_are_refused(place: Place, wrong: object) -> None:
    content = {
        "champion": wrong,
        "previous": None,
        "challenger": None,
        "since": "2019-12-10T21:30:00Z",
        "why": "a test",
    }
    pointers.live_file(place[0], "AAA").write_bytes(files.pretty_json(content))
    with pytest.raises(ModelError):
        pointers.read(place[0], "AAA")


def test_a_lineage_goes_back_over_refreshes_of_one_recipe_and_begins_anew_with_another(place: Place) -> None:
    workspace, ledger, (first, second, third) = place
    for day, version, figures in ((10, first, {"same_recipe": False}), (11, second, {"same_recipe": True})):
        pointers.promote(workspace, ledger, "AAA", version, clock(day), "train", "a test", figures)
    pointers.challenge(workspace, ledger, "AAA", third, clock(12), "train", "waits", {"same_recipe": False})
    both = [(first, "2019-12-10T21:30:00Z"), (second, "2019-12-11T21:30:00Z")]
    assert facts.lineages(ledger, "2019-12-12T21:30:00Z") == {"AAA": both}
    assert facts.lineages(ledger, "2019-12-10T22:00:00Z") == {"AAA": both[:1]}
    promote(place, third, clock(13))
    assert facts.lineages(ledger, "2019-12-31T00:00:00Z") == {"AAA": [(third, "2019-12-13T21:30:00Z")]}


@pytest.mark.parametrize(("day", "answered"), [(9, False), (10, False), (11, True), (12, False)])
def test_a_lineage_begins_anew_with_the_training_that_answers_evidence(place: Place, day: int, answered: bool) -> None:
    """Promotions of the 10th and 11th; what fires at the hour of the second is what it was made for."""
    workspace, ledger, (first, second, _) = place
    for promoted, version, figures in ((10, first, {"same_recipe": False}), (11, second, {"same_recipe": True})):
        pointers.promote(workspace, ledger, "AAA", version, clock(promoted), "train", "a test", figures)
    triggers.record(ledger, {"AAA": ["coverage 1 ahead: too few"], "BBB": []}, clock(day))
    whole = [(first, "2019-12-10T21:30:00Z"), (second, "2019-12-11T21:30:00Z")]
    assert facts.lineages(ledger, "2019-12-31T00:00:00Z") == {"AAA": whole[1:] if answered else whole}
