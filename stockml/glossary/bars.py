"""Bars, where they come from and what can be wrong with them."""

from stockml.glossary.term import Term

FETCH = ("data fetch", "data list")
TERMS = (
    Term("bar", "One session's open, high, low, close and volume.", ("bars", "prices"), shown=FETCH,
         related=("settled bar",)),
    Term("close", "The last price of a session, as people saw it that day (adjusted for splits since, not dividends).",
         ("last close",), shown=("predict",), related=("bar", "naive")),
    Term("short history", "Too few bars for features: the base rate of the whole fleet and its volatility answer.",
         shown=("predict",), related=("base rate", "abstention")),
    Term("settled bar", "A bar whose session has closed, plus a margin (data.settle_minutes). Only these are used.",
         ("settles",), source="data.settle_minutes", shown=("status", "why"), related=("session",)),
    Term("through", "The session of the newest stored bar.", ("data through", "first", "last", "from"),
         shown=("status", "data list"), related=("stale",)),
    Term("source", "Where bars come from: csv, sample, yahoo and others, asked in the order of data.providers.",
         ("provider", "providers"), source="data.providers", shown=FETCH, related=("outcome",)),
    Term("outcome", "What came of asking the source for a symbol: ok, partial, holiday, rate limited, delisted, "
         "unknown symbol, source error or stale.", shown=FETCH, related=("source", "partial", "source error")),
    Term("partial", "Bars came, but one was refused or a gap is left.", shown=FETCH, related=("quarantine",)),
    Term("holiday", "Nothing was due.", shown=FETCH, related=("session",)),
    Term("rate limited", "The source refuses more requests. It is left alone for a time that doubles, by every "
         "process.",
         ("circuit breaker",), source="data.backoff_s", shown=FETCH, related=("source",)),
    Term("delisted", "The source says that the symbol no longer trades.", shown=FETCH,
         related=("unknown symbol", "stale")),
    Term("unknown symbol", "The source does not know the symbol.", shown=FETCH, related=("delisted",)),
    Term("source error", "The source did not answer, or not with prices. Stored bars stay in use.",
         ("source failed",), shown=FETCH, related=("degraded", "data fault")),
    Term("quarantine", "Bars that were refused are kept apart with the reason.", ("refused", "quarantined"),
         shown=("data check", "data fetch"), related=("partial",)),
    Term("interval", "How long a bar lasts: 1d for daily bars; the intraday archive has 1 to 60 minutes.",
         ("bar interval",), shown=("intraday list",), related=("bar",)),
    Term("added", "How many bars were new; different counts those that differ from stored ones, fetched says when.",
         ("different", "fetched"), shown=FETCH, related=("data revised",)),
)  # fmt: skip
