"""Models, their versions, and what makes a training due or holds it back."""

from stockml.glossary.term import Term

DUE = ("train", "why")
TERMS = (
    Term("symbol", "A ticker as the source spells it: NVDA, INFY.NS, BRK-B, ^NSEI.", ("symbols",), shown=("status",),
         related=("session",)),
    Term("session", "A trading day of the symbol's exchange. Horizons count sessions, not calendar days.",
         ("sessions",), shown=("predict", "evaluate"), related=("horizon",)),
    Term("horizon", "How many sessions ahead a forecast reaches: 1 and 5.", ("ahead", "for"), source="horizons",
         shown=("predict", "evaluate", "why"), related=("session",)),
    Term("version", "One trained candidate: a folder that never changes, named by UTC time and a short hash.",
         shown=("versions", "train"), related=("champion",)),
    Term("champion", "The version in service; its forecasts are the ones you see.", ("in service",),
         shown=("status", "why", "versions"), related=("previous", "challenger", "version")),
    Term("previous", "The version that was champion before; 'stockml rollback' brings it back.", ("rollback",),
         shown=("versions", "why"), related=("champion", "shadow")),
    Term("challenger", "A candidate that waits because the gate could not tell it from the champion.", ("role",),
         shown=("versions", "why"), related=("gate", "champion")),
    Term("shadow", "A replaced champion forecasts on beside the new one for some sessions; if the new one is credibly "
         "worse, it comes back by itself.", source="shadow.sessions; docs/method.md, Shadow",
         shown=("why", "predict", "settle"), related=("previous", "cool-down")),
    Term("age", "Time since the champion was made. From retrain.max_age_days on a training is due, from expire_days on "
         "forecasts abstain.", source="retrain.max_age_days, expire_days", shown=("status", "why"),
         related=("due", "expired")),
    Term("due", "When the symbol is trained next: now, in so long by its age alone, or held, where something forbids "
         "it. 'stockml train --dry-run' says why.", ("held back", "now", "away", "nothing due"), source="retrain.*",
         shown=("status", "why", "train"), related=("age", "evidence", "cool-down", "market hours")),
    Term("evidence", "A threshold crossed or a sequential test that fired: the champion does less well than promised, "
         "by more than luck explains. It makes a training due.", ("trigger", "triggers", "evidence waits"),
         source="triggers.*; docs/method.md, Watching", shown=("monitor", "why", "train"),
         related=("sequential test", "due")),
    Term("data revised", "The source rewrote stored bars since the last training, which makes one due.",
         ("was and became", "revision", "replaced"), shown=("train", "why", "data revisions"), related=("due",)),
    Term("config changed", "Keys of the configuration that change a fit differ from those of the last training.",
         shown=DUE, related=("due",)),
    Term("cool-down", "Some days after a rollback, or the rest of the day after a refusal, in which a symbol is not "
         "trained again.", ("cooldown",), source="retrain.cooldown_days", shown=DUE, related=("due", "shadow")),
    Term("minimum age", "A champion younger than retrain.min_age_hours is not trained again.",
         source="retrain.min_age_hours", shown=DUE, related=("due",)),
    Term("daily maximum", "No symbol is trained more than retrain.max_per_day times in 24 hours.",
         source="retrain.max_per_day", shown=DUE, related=("due",)),
    Term("market hours", "The exchange is open, and trainings are to wait for the close.",
         source="retrain.avoid_market_hours", shown=DUE, related=("due",)),
    Term("data fault", "The source fails and the bars are too old: a model fitted now would learn the fault.",
         shown=DUE, related=("due", "source error")),
    Term("quick", "Trained with a tiny budget by quick-train; never promoted over a full champion by itself.",
         shown=("status", "versions"), related=("degraded",)),
    Term("golden rows", "A few rows with their predictions, kept with each version and recomputed whenever it is "
         "loaded; if they differ, the version is refused.", source="docs/format.md", shown=("monitor", "train"),
         related=("failed",)),
    Term("range guard", "A forecast abstains where an input lies far outside what the model was trained on.",
         ("outside training range",), source="docs/method.md, Range guard", shown=("predict",),
         related=("abstention",)),
    Term("recipe", "The procedure of a version: pooled, per symbol or naive.", source="model.recipe",
         shown=("versions", "why"), related=("version",)),
    Term("k", "How much of the direction model is shown: 0 is the base rate, 1 all of it. Fitted on forecasts of "
         "sessions that earlier folds had not seen.", ("shrinkage",), source="docs/method.md", shown=("why",),
         related=("base rate", "no edge")),
    Term("regime", "bullish: +5 % in 20 sessions at low volatility; bearish: -5 %; volatile: above 35 % a year; else "
         "sideways.", ("bullish", "bearish", "volatile", "sideways"), shown=("predict", "evaluate"),
         related=("volatility",)),
    Term("feature", "A number computed from past bars that a model looks at; its family says of what kind. gain is its "
         "share of the trees' gain, weight that of the regression's weights, permuted what scrambling it costs.",
         ("family", "look-back", "gain, %", "weight, %", "permuted", "over folds", "meaning"),
         source="docs/method.md, Feature importance", shown=("features", "evaluate"), related=("look-ahead",)),
)  # fmt: skip
