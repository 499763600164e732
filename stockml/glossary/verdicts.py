"""Verdicts: what a comparison with the naive forecast, or the gate, came to."""

from stockml.glossary.term import Term

SHOWN = ("status", "evaluate", "why", "train", "versions")
METHOD = "docs/method.md, Verdicts; stockml/evidence.py"
TERMS = (
    Term("verdict", "What the figures allow to say against the naive forecast: better, worse, no edge or cannot tell. "
         "Direction is judged on the whole fleet only.", ("verdicts", "direction, interval"), source=METHOD,
         shown=(*SHOWN, "replay"), related=("better", "worse", "no edge", "cannot tell")),
    Term("better", "Better than the naive forecast by more than luck explains: t above 2.33 (for direction also an AUC "
         "whose interval lies above one half, and 500 sessions).", source=METHOD, shown=SHOWN,
         related=("verdict", "t")),
    Term("worse", "Worse than the naive forecast by more than luck explains: t below -1.645; of coverage: its interval "
         "leaves out what was promised.", source=METHOD, shown=SHOWN, related=("verdict", "t")),
    Term("no edge", "Enough was seen, and no difference from the naive forecast shows. The base rate is then what is "
         "forecast. Of coverage it means: as promised.", source=METHOD, shown=SHOWN,
         related=("verdict", "base rate")),
    Term("cannot tell", "Too little was seen to say anything: fewer than 250 sessions, or for direction fewer than 4 "
         "symbols.", ("can't tell",), source=METHOD, shown=SHOWN, related=("verdict", "n")),
    Term("gate", "The rules a candidate has to pass before it is deployed, in order: look-ahead audit, leak alarm, "
         "loads, bars healthy, coverage, not worse than naive, not worse than the champion, floors of the "
         "configuration.",
         ("pass", "passed", "result", "confidence band", "coverage band"), source="docs/method.md, The gate",
         shown=("train", "why", "versions"), related=("champion", "challenger", "leak alarm")),
    Term("deployed", "Whether the candidate became the champion.", ("promoted", "promotion"), shown=("train", "why"),
         related=("champion", "gate")),
    Term("leak alarm", "A candidate that is implausibly good is kept back: an AUC above 0.60 on daily prices has so "
         "far always been a mistake that let the future in.", ("leak",), source="gate.leak_auc", shown=("train", "why"),
         related=("gate", "look-ahead")),
    Term("look-ahead", "Anything in a forecast that depends on what was not known yet. 'stockml audit' looks for it by "
         "experiment and plants leaks as a control.", ("causal", "audit", "control", "planted"),
         source="docs/audit.md", shown=("audit", "features"), related=("leak alarm", "purge")),
)  # fmt: skip
