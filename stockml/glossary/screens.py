"""Plain words at the head of columns, so that every head can be asked for."""

from stockml.glossary.term import Term

TERMS = (
    Term("why", "The sentence that says why a symbol is in its state, or what was decided.", ("reason",),
         shown=("status", "why"), related=("state",)),
    Term("value", "The figure itself, beside its interval and the naive figure.", shown=("evaluate",),
         related=("95 %", "naive")),
    Term("check", "What was looked at; beside it what was found.", ("what was found", "kind", "what"),
         shown=("audit", "monitor", "ledger verify"), related=("alert",)),
    Term("made", "When something was made, in UTC; s is how many seconds it took.", ("s", "seconds", "type"),
         shown=("alerts list", "alerts test"), related=("as of",)),
)  # fmt: skip
