"""States of a symbol, and the words for where a forecast stands."""

from stockml.glossary.term import Term

STATUS = ("status",)
TERMS = (
    Term("state", "How a symbol stands, the worst that holds: failed, stale, expired, untrained, degraded or healthy.",
         shown=STATUS, related=("healthy", "degraded", "stale", "expired", "untrained", "failed")),
    Term("healthy", "The champion loads, its bars are new enough, and nothing speaks against it.", shown=STATUS,
         related=("state",)),
    Term("degraded", "It forecasts, but less well than it should: its source fails and stored bars stand in, evidence "
         "speaks against its model, or it was trained with a tiny budget.", shown=("status", "predict"),
         related=("state", "evidence", "quick")),
    Term("stale", "The newest bar is older than data.max_stale_sessions, so forecasts abstain. Of a fetch: the "
         "source's newest bar is older than it should be.", ("stale data",), source="data.max_stale_sessions",
         shown=("status", "data fetch", "predict"), related=("state", "session")),
    Term("expired", "The champion is older than expire_days, so forecasts abstain until a training succeeds.",
         source="expire_days", shown=("status", "why", "predict"), related=("state", "age")),
    Term("untrained", "No version of the symbol was ever deployed, so forecasts abstain.",
         ("no champion", "never trained"), shown=("status", "why", "train"), related=("champion",)),
    Term("failed", "The champion's files are damaged or missing; it is refused rather than served wrongly. Of a job: "
         "its last run ended badly.", ("fail", "unreadable"), shown=("status", "schedule"),
         related=("state", "golden rows")),
    Term("as of", "The moment a screen speaks of: that session had just closed, and nothing later is seen. Given by "
         "--as-of, or pinned by as_of in the configuration.", ("pinned",), shown=STATUS,
         related=("session", "settled bar")),
    Term("pending", "A forecast whose target session has not settled yet.", shown=("settle", "ledger export"),
         related=("settled", "void")),
    Term("settled", "A forecast that was given its outcome, once, from the bar of its target session.",
         ("settlement",), source="docs/format.md", shown=("settle", "history", "evaluate"),
         related=("pending", "void", "n")),
    Term("void", "A forecast whose session brought no bar though later ones came; it counts nowhere.",
         shown=("settle",), related=("settled",)),
    Term("abstention", "No forecast was made, and why: unsettled data, stale data, no champion, expired, or outside "
         "the training range.", ("abstained", "abstains", "unsettled data"), shown=("predict",),
         related=("stale", "expired", "untrained", "range guard")),
)  # fmt: skip
