"""The reason codes of `why`, what each means, and how a reason in words is told by its code. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

CODES = {
    # training: why it is due
    "nothing_due": "nothing speaks for a training now",
    "untrained": "there is no champion",
    "expired": "the champion is too old to forecast",
    "age": "the last training is longer ago than retrain.max_age_days",
    "evidence": "a threshold or a sequential test fired since the last training",
    "data_revised": "the source changed stored bars since the last training",
    "config_changed": "the configuration changes the fit since the last training",
    # training: what holds it back
    "data_fault": "the source fails and the bars are too old, for this symbol or most of the fleet",
    "daily_maximum": "trained retrain.max_per_day times in 24 hours",
    "minimum_age": "trained less than retrain.min_age_hours ago",
    "cool_down": "rolled back within retrain.cooldown_days, or refused today",
    "market_hours": "the exchange is open and retrain.avoid_market_hours is set",
    "evidence_waits": "evidence fired, but a training within retrain.cooldown_days did not answer it",
    # decision: what the gate said last
    "never_judged": "no candidate was ever judged",
    "passed": "the candidate passed the gate and was deployed",
    "deployed_undecided": "the gate could not tell, and nothing in service defended itself",
    "waits": "the gate could not tell, so the champion stays and the candidate waits",
    "forced": "a person deployed it whatever the gate said",
    "leak_alarm": "refused: too good to be honest, or the look-ahead audit failed",
    "does_not_load": "refused: the published version does not answer its golden rows",
    "data_unhealthy": "refused: trained on bars that are not sound",
    "outside_band": "refused: the 90 % interval covers too little or too much",
    "worse_than_naive": "refused: worse than the naive forecast",
    "worse_than_champion": "refused: worse than the champion where neither had trained",
    "beyond_floor": "refused: a floor or ceiling of the configuration",
    "quick_stays_behind": "a quick model never replaces a full champion by itself",
    # champion: how it came into service
    "no_champion": "nothing is in service",
    "unreadable": "its files cannot be read",
    "by_training": "a training deployed it",
    "by_hand": "a person deployed it, or returned to it",
    "by_review": "it came back because its successor did worse",
    # shadow
    "no_shadow": "no replaced champion forecasts beside it",
    "shadow_forecasts": "the replaced champion forecasts on and is compared",
    "shadow_waits": "the replaced champion has made its last forecast; outcomes are waited for",
    # data
    "no_bars": "nothing is stored",
    "current": "the newest session is there",
    "behind": "the newest bars are not there yet",
    "stale": "older than data.max_stale_sessions",
    "source_failed": "the source did not answer when it was asked last",
    # forecast
    "no_forecast": "nothing was forecast yet",
    "forecast": "it forecast the newest session it was asked for",
    "unsettled_data": "abstained: the session had not settled",
    "stale_data": "abstained: the bars were too old or not sound",
    "abstained_no_champion": "abstained: there was no champion",
    "abstained_expired": "abstained: the champion had expired",
    "outside_training_range": "abstained: an input far outside the training data",
}

# How the gate's first reason begins, or what it holds where it begins with a figure.
_BEGINS = (
    ("forced: ", "forced"), ("promoted by request", "forced"), ("leak alarm", "leak_alarm"),
    ("the published version does not load", "does_not_load"), ("data unhealthy", "data_unhealthy"),
    ("coverage of the 90 % interval", "outside_band"), ("a quick model never", "quick_stays_behind"),
)  # fmt: skip
_HOLDS = (
    ("is worse than naive", "worse_than_naive"), ("is worse than the champion's", "worse_than_champion"),
    (" gate.", "beyond_floor"), ("; the champion stays", "waits"), ("deployed as no_edge", "deployed_undecided"),
)  # fmt: skip
_ABSTAINED = {"no_champion": "abstained_no_champion", "expired": "abstained_expired"}


class Reason(NamedTuple):
    """One reason: what it is about, its code among `CODES`, and the sentence with its figures."""

    about: str
    code: str
    sentence: str


def of_trigger(sentence: str) -> str:
    """The code of a reason or blocker of `triggers`: its name."""
    return sentence.partition(":")[0].replace(" ", "_").replace("-", "_")


def of_decision(decision: dict[str, Any] | None) -> str:
    """The code of what the gate said last."""
    if decision is None:
        return "never_judged"
    first = decision["reasons"][0]
    begins = (code for start, code in _BEGINS if first.startswith(start))
    holds = (code for part, code in _HOLDS if part in first)
    return next(begins, None) or ("passed" if decision["result"] == "pass" else next(holds, "beyond_floor"))


def of_promotion(row: dict[str, Any] | None, problem: str) -> str:
    """The code of how the champion came into service, from its row of the promotion log."""
    if problem:
        return "unreadable"
    if row is None:
        return "no_champion"
    return {"train": "by_training", "shadow review": "by_review"}.get(row["who"], "by_hand")


def of_data(lag: int | None, outcome: str, limit: int) -> str:
    """The code of the state of the bars: sessions behind (None: no bars), the source's last word, the limit."""
    if lag is None:
        return "no_bars"
    if lag > limit:
        return "stale"
    if outcome in ("rate_limited", "source_error"):
        return "source_failed"
    return "behind" if lag else "current"


def of_forecast(last: dict[str, Any] | None) -> str:
    """The code of the last forecast or abstention."""
    if last is None:
        return "no_forecast"
    abstained = last["abstained"]
    return _ABSTAINED.get(abstained, abstained) if abstained else "forecast"
