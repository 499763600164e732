"""The tables of the ledger, format 2, as SQL statements, and the three chains among them."""

from __future__ import annotations

from stockml.ledger.chain import Chain

FORMAT = 2

FORECASTS = Chain(
    "forecasts", "forecasts_made",
    ("id", "symbol", "bar_interval", "horizon", "made_at", "session", "target_session", "last_close", "price",
     "probability_up", "class", "class_probabilities", "lo80", "hi80", "lo90", "hi90", "confidence", "regime",
     "version"),
    ("details", "recorded_at"), frozenset({"class_probabilities", "details"}),
    frozenset({"last_close", "price", "probability_up", "lo80", "hi80", "lo90", "hi90", "confidence"}),
)  # fmt: skip
SIGNALS = Chain(
    "signals", "signals_made",
    ("id", "symbol", "bar_interval", "horizon", "made_at", "session", "target_session", "last_close", "base_rate",
     "probability_up", "signals", "weights", "version"),
    ("details", "recorded_at"), frozenset({"signals", "weights", "details"}),
    frozenset({"last_close", "base_rate", "probability_up"}),
)  # fmt: skip
JUDGED = (
    "settled_session", "total_return", "naive_hit", "naive_error_pct", "in80", "in90", "winkler80", "winkler90",
    "reason",
)  # fmt: skip
OUTCOMES = Chain(
    "outcomes", "outcomes",
    ("forecast", "status", "settled_close", "settled_at", "error_pct", "direction_hit", *JUDGED), ("recorded_at",),
    frozenset(), frozenset({"settled_close", "error_pct", "total_return", "naive_error_pct", "winkler80", "winkler90"}),
)  # fmt: skip
CHAINS = (FORECASTS, SIGNALS, OUTCOMES)
SETTLED = ("status", "settled_close", "settled_at", "error_pct", "direction_hit")  # of the contract's fields

# Tables that are the same in both formats.
COMMON = (
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS runs("
    "id TEXT PRIMARY KEY, command TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, as_of TEXT, "
    "exit_code INTEGER, summary TEXT, recorded_at TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS abstentions("
    "symbol TEXT NOT NULL, horizon INTEGER NOT NULL, session TEXT NOT NULL, reason TEXT NOT NULL, "
    "made_at TEXT NOT NULL, recorded_at TEXT NOT NULL, PRIMARY KEY(symbol, horizon, session, reason)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS trials("
    "number INTEGER PRIMARY KEY, symbol TEXT NOT NULL, model_hash TEXT NOT NULL, made_at TEXT NOT NULL, "
    "recorded_at TEXT NOT NULL, UNIQUE(symbol, model_hash))",
    "CREATE TABLE IF NOT EXISTS decisions("
    "number INTEGER PRIMARY KEY, run TEXT NOT NULL, symbol TEXT NOT NULL, version TEXT NOT NULL, "
    "made_at TEXT NOT NULL, result TEXT NOT NULL, verdict TEXT NOT NULL, reasons TEXT NOT NULL, "
    "figures TEXT NOT NULL, recorded_at TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS promotions("
    "number INTEGER PRIMARY KEY, symbol TEXT NOT NULL, at TEXT NOT NULL, champion TEXT NOT NULL, previous TEXT, "
    "challenger TEXT, who TEXT NOT NULL, reason TEXT NOT NULL, recorded_at TEXT NOT NULL, figures TEXT)",
    "CREATE INDEX IF NOT EXISTS promotions_at ON promotions(symbol, at)",
)


def _table(chain: Chain, texts: str, integers: str, optional: str, unique: str) -> str:
    """The CREATE statement of a chained table; the column lists name what is text, whole, and may be empty."""
    kinds = {**dict.fromkeys(texts.split(), "TEXT"), **dict.fromkeys(integers.split(), "INTEGER")}
    columns = [
        f"{name} {'REAL' if name in chain.reals else kinds.get(name, 'TEXT')}"
        + ("" if name in optional.split() else " NOT NULL")
        for name in (*chain.columns[1:], "checksum")
    ]
    return f"CREATE TABLE {chain.table}(number INTEGER PRIMARY KEY, {', '.join(columns)}, {unique})"


_VISIBLE = (*FORECASTS.columns, "checksum")
_OF_OUTCOME = (*SETTLED, *JUDGED)
_TO_OUTCOME = ", ".join(f"{name} = NEW.{name}" for name in _OF_OUTCOME)

# The contract's table `forecasts`: what was said, with the outcome that came later beside it. A forecast's own row
# never changes. The view passes edits by hand through to the rows behind it, where `ledger verify` finds them.
VIEW = (
    "CREATE VIEW forecasts AS SELECT "
    + ", ".join(f"f.{name}" for name in _VISIBLE)
    + ", coalesce(o.status, 'pending') AS status, "
    + ", ".join(f"o.{name}" for name in _OF_OUTCOME[1:])
    + " FROM forecasts_made AS f LEFT JOIN outcomes AS o ON o.forecast = f.id",
    "CREATE TRIGGER forecasts_edited INSTEAD OF UPDATE ON forecasts BEGIN "
    f"UPDATE forecasts_made SET {', '.join(f'{name} = NEW.{name}' for name in _VISIBLE)} WHERE number = OLD.number; "
    f"UPDATE outcomes SET {_TO_OUTCOME} WHERE forecast = OLD.id; "
    f"INSERT INTO outcomes(forecast, {', '.join(_OF_OUTCOME)}, prev_hash, hash, recorded_at, checksum) "
    f"SELECT NEW.id, {', '.join(f'NEW.{name}' for name in _OF_OUTCOME)}, '', '', '', '' "
    "WHERE NEW.status <> 'pending' AND NOT EXISTS (SELECT 1 FROM outcomes WHERE forecast = OLD.id); END",
    "CREATE TRIGGER forecasts_removed INSTEAD OF DELETE ON forecasts BEGIN "
    "DELETE FROM forecasts_made WHERE number = OLD.number; END",
    "CREATE TRIGGER forecasts_added INSTEAD OF INSERT ON forecasts BEGIN "
    f"INSERT INTO forecasts_made({', '.join(_VISIBLE)}) "
    f"VALUES({', '.join(f'NEW.{name}' for name in _VISIBLE[:-1])}, coalesce(NEW.checksum, '')); END",
)

SECOND = (
    _table(FORECASTS, "", "horizon", "", "UNIQUE(symbol, bar_interval, horizon, session, version), UNIQUE(id)"),
    "CREATE INDEX forecasts_of_version ON forecasts_made(symbol, version, horizon)",
    _table(SIGNALS, "", "horizon", "", "UNIQUE(symbol, bar_interval, horizon, session), UNIQUE(id)"),
    _table(
        OUTCOMES, "", "direction_hit naive_hit in80 in90",
        "settled_close error_pct direction_hit " + " ".join(JUDGED), "UNIQUE(forecast)",
    ),
    *VIEW,
)  # fmt: skip
