"""Shows what shuffled K-fold pretends: the same rows and models under it and under a purged walk-forward."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import _bands
import _fleets
import _folds
import _homes
import numpy as np
from _bands import Band, number, percent, table
from _figures import Figure

from stockml.arrays import Flags, Floats, Floats32
from stockml.evaluation import metrics
from stockml.execution import threads
from stockml.models import boosting, logistic
from stockml.models.inputs import Inputs

REPORT = Path(__file__).resolve().parent / "reports" / "kfold.md"
FOLDS, SEED, JOBS = 5, 7, 2
NEIGHBOURS = 5
TREES = {"rounds": 300, "learning_rate": 0.05, "num_leaves": 31}
KNOWN = {("sample", "trees", 1): (0.514, 0.503), ("sample", "trees", 5): (0.796, 0.517),
         ("sample", "logit", 1): (0.526, 0.520), ("sample", "logit", 5): (0.597, 0.521),
         ("sample", "neighbours", 1): (0.509, 0.519), ("sample", "neighbours", 5): (0.678, 0.528),
         ("real", "trees", 5): (0.782, 0.523)}  # fmt: skip
# Where the figures have to lie: shuffled and purged accuracy at horizon 5, and their difference.
SHUFFLED, PURGED, INFLATION = (0.74, 0.85), (0.46, 0.56), (0.18, 0.36)

Learner = Callable[[Floats32, Flags, Floats32], Floats]


@dataclass(frozen=True)
class Outcome:
    """One learner at one horizon: fractions, means over the symbols; `n` test rows, the same for both ways."""

    fleet: str
    learner: str
    horizon: int
    n: int
    up: float
    shuffled: float
    purged: float
    shuffled_auc: float
    purged_auc: float


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield the share of bands not held, for the sample and, where they are, real prices. Writes the report."""
    made = outcomes("sample", ("trees",) if quick else tuple(LEARNERS), (5,) if quick else (1, 5))
    yield _bands.share_missed("naive K-fold inflation, sample", bands("sample", made))
    if not _homes.has_prices():
        yield Figure("naive K-fold inflation, real prices", None, 0.0, _homes.NO_PRICES)
    elif not quick:
        made += outcomes("real", tuple(LEARNERS), (5,))
        yield _bands.share_missed("naive K-fold inflation, real prices", bands("real", made))
    if not quick:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text("\n".join(_report(made)) + "\n", encoding="utf-8")


def outcomes(fleet: str, learners: Sequence[str], horizons: Sequence[int]) -> list[Outcome]:
    """Fit and test every learner both ways on one fleet."""
    symbols, first, last = FLEETS[fleet]
    _, inputs = _fleets.sample(symbols) if fleet == "sample" else _fleets.real(symbols)
    asked = [(learner, horizon) for learner in learners for horizon in horizons]
    tasks = [
        functools.partial(_both_ways, *rows_of(inputs, index, horizon, first, last), LEARNERS[learner], horizon)
        for learner, horizon in asked
        for index in range(len(symbols))
    ]
    done = threads.run(tasks, JOBS)
    return [
        _outcome(fleet, learner, horizon, done[place * len(symbols) : (place + 1) * len(symbols)])
        for place, (learner, horizon) in enumerate(asked)
    ]


FLEETS = {
    "sample": (("AAPL", "IBM", "MSFT"), "2005-01-01", "2013-03-01"),
    "real": (("AAPL", "MSFT", "NVDA", "TSLA", "SPY"), "2016-01-01", _homes.AS_OF),
}


def rows_of(inputs: Inputs, index: int, horizon: int, first: str, last: str) -> tuple[Floats32, Flags]:
    """(features (n_features, n), whether up) of one symbol's sessions in a span whose outcome is known."""
    realised, session = inputs.forward(index, horizon), inputs.fleet[index].session
    chosen = np.flatnonzero(np.isfinite(realised) & (session >= _fleets.day(first)) & (session <= _fleets.day(last)))
    chosen = chosen[chosen >= inputs.first[index]]
    return inputs.blocks[index][:, chosen - inputs.first[index]], realised[chosen] > 0


def _both_ways(rows: Floats32, up: Flags, learner: Learner, horizon: int) -> tuple[Flags, Floats, Floats]:
    """(whether up, log-odds or share under shuffled folds, the same purged), on the rows the walk-forward tests."""
    ways = (_folds.shuffled(len(up), FOLDS, SEED), _folds.purged(len(up), FOLDS, gap=2 * horizon))
    scores = []
    for way in ways:
        score = np.full(len(up), np.nan)
        for train, test in way:
            score[test] = learner(rows[:, train], up[train], rows[:, test])
        scores.append(score)
    tested = np.isfinite(scores[1])
    return up[tested], scores[0][tested], scores[1][tested]


def _trees(rows: Floats32, up: Flags, wanted: Floats32) -> Floats:
    names = tuple(f"f{place}" for place in range(len(rows)))
    made = boosting.fit(np.ascontiguousarray(rows), up.astype(np.float64), names, seed=SEED, **TREES)
    return boosting.Booster(made).log_odds(wanted)


def _logit(rows: Floats32, up: Flags, wanted: Floats32) -> Floats:
    return logistic.Logistic(logistic.fit(rows, up.astype(np.float64), strength=1.0)).log_odds(wanted)


def _neighbours(rows: Floats32, up: Flags, wanted: Floats32) -> Floats:
    from sklearn.neighbors import KNeighborsClassifier

    mean, spread = np.nanmean(rows, axis=1), np.nanstd(rows, axis=1)
    spread[spread < 1e-12] = np.inf
    near, asked = (logistic.standardise(part.astype(np.float64), mean, spread).T for part in (rows, wanted))
    shares: Floats = KNeighborsClassifier(NEIGHBOURS).fit(near, up).predict_proba(asked)[:, 1]
    return shares - 0.5


LEARNERS: dict[str, Learner] = {"trees": _trees, "logit": _logit, "neighbours": _neighbours}
NAMES = {"trees": "boosted trees (300 rounds, rate .05, 31 leaves)", "logit": "logistic regression",
         "neighbours": "5 nearest neighbours"}  # fmt: skip


def _outcome(fleet: str, learner: str, horizon: int, done: Sequence[tuple[Flags, Floats, Floats]]) -> Outcome:
    figures = np.array([
        (up.mean(), *(np.mean((score > 0) == up) for score in scores), *(metrics.auc(score, up) for score in scores))
        for up, *scores in done
    ])  # fmt: skip
    return Outcome(fleet, learner, horizon, sum(len(one[0]) for one in done), *figures.mean(axis=0).tolist())


def bands(fleet: str, made: Sequence[Outcome]) -> list[Band]:
    """What the trees at horizon 5 have to show."""
    found = []
    for one in made:
        if (one.fleet, one.learner, one.horizon) == (fleet, "trees", 5):
            found = [
                Band(f"{fleet}, trees, h=5: accuracy under shuffled 5-fold", *SHUFFLED, one.shuffled),
                Band(f"{fleet}, trees, h=5: accuracy under purged walk-forward", *PURGED, one.purged),
                Band(f"{fleet}, trees, h=5: inflation", *INFLATION, one.shuffled - one.purged),
            ]
    return found


def outcome_table(made: Sequence[Outcome]) -> list[str]:
    rows = []
    for one in made:
        known = KNOWN.get((one.fleet, one.learner, one.horizon))
        inflation = f"{100 * (one.shuffled - one.purged):+.1f}"
        cells = [percent(one.up), percent(one.shuffled), percent(one.purged), inflation]
        reference = "-" if known is None else " -> ".join(percent(value) for value in known)
        aucs = [number(one.shuffled_auc), number(one.purged_auc)]
        rows.append((one.fleet, NAMES[one.learner], str(one.horizon), str(one.n), *cells, *aucs, reference))
    head = ("prices", "learner", "h", "n", "ups", "shuffled", "purged", "inflation", "AUC shuffled", "AUC purged",
            "reference")  # fmt: skip
    return table(head, rows, words=2)


def _report(made: Sequence[Outcome]) -> list[str]:
    spans = [f"{name}: {' '.join(symbols)}, {first} to {last}" for name, (symbols, first, last) in FLEETS.items()]
    told = [band for fleet in FLEETS for band in bands(fleet, made)]
    return [
        "# Shuffled K-fold against purged walk-forward", "",
        "Written by `python benchmarks/run.py kfold`. The lesson is in `docs/kfold-lesson.md`.", "",
        f"One model a symbol, on stockml's own features. {FOLDS} folds, seed {SEED}, gap of twice the horizon (h "
        "sessions). Both ways are judged on the same", "rows, those which the walk-forward tests; accuracies and the "
        "share of ups in per cent, means over the symbols. *Reference*: an", "independent measurement with other "
        "features (research notes, section 1d).", "",
        *(f"* {one}" for one in spans), "",
        *outcome_table(made), "", "## Bands", "", *_bands.band_table(told),
    ]  # fmt: skip
