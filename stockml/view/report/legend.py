"""How to read a report: the section that ends every page."""

from __future__ import annotations

from stockml.view.evaluation import NOTES
from stockml.view.report.page import Section, Text

_WORDS = (
    "A figure stands with its 95 % interval in brackets, its digits no finer than its error, and the naive forecast's "
    "figure on the same sessions. n counts forecasts; those of one day, and those that overlap, are not independent, "
    "and intervals, bands and tests allow for that.",
    "better, worse: by a test on the same forecasts (t above 2.33, below -1.645). no edge: no credible difference. "
    "cannot tell: too few to say, which is an answer too.",
    "Bands and bars of chance are what a perfect forecaster of the same kind shows in 95 of 100 cases: 1 point in 20 "
    "outside them says nothing.",
)


def section(*more: str) -> Section:
    """The words of every report, and what this one adds."""
    return Section("How to read this", [Text([*_WORDS, NOTES, *more])])
