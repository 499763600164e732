"""Section 3 of the skill report: what a probability claims against what happens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from _bands import number, percent, span, table
from _calibration import calibrated, logistic
from _learners import default_trees, ensemble
from _skill_known import CONFIDENCE, NOISE
from _walked import Walked

from stockml.arrays import Floats
from stockml.evaluation import metrics, significance
from stockml.evaluation.rows import Rows

NAIVE_SYMBOLS = 8
FEW = ("raw", "temperature", "isotonic", "shrink", "as shown")  # told of the fleets besides u
DRAWS, SEED = 400, 7


def confidence_section(fleets: Sequence[Walked]) -> list[str]:
    """The table of calibrations, with uncalibrated default trees as the bad example on fleet u."""
    lines = []
    for walked in fleets:
        if walked.name == "u":
            bad = default_trees(walked, NAIVE_SYMBOLS)
            for horizon, rows in walked.rows.items():
                few = rows.symbol_id < NAIVE_SYMBOLS
                claimed = logistic(bad.all_odds(walked, horizon))[few]
                lines.append(_line(walked.name, horizon, "default trees", claimed, rows.where(few)))
        for horizon, rows in walked.rows.items():
            made = calibrated(walked, ensemble(walked), horizon)
            made["as shown"] = rows.probability_up
            told = made if walked.name == "u" else FEW
            lines += [_line(walked.name, horizon, name, made[name], rows) for name in told]
    head = ("fleet", "probability", "h", "n", "accuracy %", "claimed %", "ECE points", "its noise", "Brier skill % (t)",
            "most confident tenth: right %", "ups in it %", "reference")  # fmt: skip
    return ["## 3 Confidence", "", *table(head, lines, words=2), ""]


def _line(fleet: str, horizon: int, name: str, probability: Floats, rows: Rows) -> tuple[str, ...]:
    up = rows.up
    hit, confidence = (probability > 0.5) == up, np.maximum(probability, 1.0 - probability)
    loss, naive = (metrics.brier_losses(one, up) for one in (probability, rows.base_rate))
    t = significance.diebold_mariano(loss, naive, rows.session, horizon).t
    skill = percent(metrics.skill(metrics.mean(loss), metrics.mean(naive)), 2)
    top = top_tenth(confidence)
    bounds = significance.share_intervals(hit[top][:, None], rows.session[top], horizon)[0]
    return (
        fleet, name, str(horizon), str(len(rows)), percent(metrics.mean(hit)), percent(metrics.mean(confidence)),
        percent(metrics.calibration_error(confidence, hit)), percent(metrics.calibration_noise(confidence)),
        f"{skill} ({number(t, 1)})", percent(metrics.mean(hit[top])) + span(bounds, 1, 100.0),
        percent(metrics.mean(up[top])), CONFIDENCE.get((fleet, horizon, name), "-"),
    )  # fmt: skip


def top_tenth(confidence: Floats) -> Floats:
    """Which rows are the most confident tenth; with ties at its edge, more."""
    return confidence >= np.quantile(confidence, 0.9)


def noise_section() -> list[str]:
    """The calibration error of a perfect forecaster, mean / 95 %, with confidences spread over all ten bins."""
    random = np.random.default_rng(SEED)
    lines = []
    for n, known in NOISE.items():
        confidence = (np.arange(n) + 0.5) / (2.0 * n) + 0.5
        drawn = [metrics.calibration_error(confidence, random.random(n) < confidence) for _ in range(DRAWS)]
        high = float(np.quantile([one for one in drawn if one is not None], 0.95))
        narrow = metrics.calibration_noise(np.full(n, 0.52))
        expected = f"{percent(metrics.calibration_noise(confidence))} / {percent(high)}"
        lines.append((str(n), expected, percent(narrow), known))
    head = ("n", "ECE of a perfect forecaster, points: mean / 95 %", "mean if all claim 52 %", "reference")
    return [*table(head, lines, words=0), ""]
