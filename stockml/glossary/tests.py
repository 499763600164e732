"""Statistical tests and what guards them against luck."""

from stockml.glossary.term import Term

TERMS = (
    Term("t", "A difference over its standard error: how many errors it lies from zero. Above 2.33 it counts as "
         "better, below -1.645 as worse.", formula="mean difference / standard error",
         source="Diebold and Mariano 1995, JBES 13, with the correction of Harvey, Leybourne and Newbold 1997",
         shown=("evaluate", "tune"), related=("verdict", "Diebold-Mariano test")),
    Term("Diebold-Mariano test", "Compares two forecasts of the same sessions by the mean difference of their losses, "
         "with regard to overlap in time.", ("DM",), source="Diebold and Mariano 1995, JBES 13",
         shown=("evaluate", "tune"), related=("t",)),
    Term("purge", "Training rows whose outcome reaches into the sessions that judge are left out, so that no answer is "
         "learned beforehand. At least as many sessions as the horizon.", ("purged",),
         source="Lopez de Prado 2018, Advances in Financial Machine Learning, chapter 7", shown=("evaluate",),
         related=("embargo", "walk-forward")),
    Term("embargo", "Further sessions left out between training and judging, since neighbouring rows share inputs.",
         source="validation.embargo; Lopez de Prado 2018, chapter 7", shown=("evaluate",), related=("purge",)),
    Term("walk-forward", "Judging as one would have lived it: fit on the past, forecast the next sessions, move on.",
         source="docs/method.md", shown=("evaluate",), related=("purge", "refit")),
    Term("refit", "A new fit on the way through history, every validation.refit_sessions sessions or by another "
         "policy.",
         ("fits", "refits"), source="validation.refit_sessions", shown=("evaluate",), related=("walk-forward",)),
    Term("trials", "How many candidates were ever fitted for a symbol. The best of many looks better than it is, so "
         "every one is counted.", ("tried",), shown=("why", "evaluate", "tune"),
         related=("deflated Sharpe ratio", "PBO")),
    Term("PBO", "Probability of backtest overfitting: how often the best candidate on one half of the sessions ranks "
         "in the lower half on the other.", ("probability of overfitting",),
         source="Bailey, Borwein, Lopez de Prado and Zhu 2017, Journal of Computational Finance 20", shown=("tune",),
         related=("trials",)),
    Term("candidate", "A version that was fitted and is judged; or, in tune, a set of options that competes: its score "
         "is the log loss it saves over the base rate.", ("score, %", "what differs"), shown=("tune", "train"),
         related=("gate", "trials")),
    Term("sequential test", "A bet against 'this model keeps its promise' that is fair before every outcome. What it "
         "has won measures the doubt, however often one looks; it fires when it has grown enough.",
         ("e-value", "odds", "fires"), source="Ville 1939; Ramdas et al. 2023, Statistical Science 38",
         shown=("monitor", "why"), related=("evidence", "coverage")),
    Term("drift", "A hint that inputs are distributed otherwise than in training (population stability index above its "
         "own noise, Wasserstein distance). It triggers nothing.", ("PSI", "check: drift"),
         source="Siddiqi 2006; Yurdakul 2018", shown=("monitor",), related=("evidence",)),
    Term("digits", "Figures are shown down to the first digit of their standard error; what comes behind is noise.",
         source="JCGM 100:2008 (GUM) 7.2.6", shown=("status", "evaluate", "why"), related=("95 %",)),
)  # fmt: skip
