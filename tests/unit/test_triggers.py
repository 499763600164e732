"""What makes training due, and what holds it back."""

from __future__ import annotations

import pytest

from stockml.config.schema import Retrain
from stockml.triggers import Facts, due

RULES = Retrain()  # 7 days, 4 hours, 6 a day


@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        (Facts(None), ["untrained"]),
        (Facts(None, trained_today=6), []),
        (Facts(7.0), []),
        (Facts(7.1), ["age: the champion is 7.1 days old, limit 7"]),
        (Facts(1.0, revised=1), ["data revised: the source changed 1 bar since the champion was made"]),
        (Facts(0.1, revised=9), []),
        (Facts(1.0), []),
    ],
)
def test_each_reason_and_each_brake(facts: Facts, reasons: list[str]) -> None:
    assert due(facts, RULES) == reasons


def test_two_reasons_are_both_told() -> None:
    assert [reason.split(":")[0] for reason in due(Facts(30.0, revised=2), RULES)] == ["age", "data revised"]
