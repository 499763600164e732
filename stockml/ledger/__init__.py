"""The ledger: one SQLite database of all that happened. Rows are added, never edited, but for outcomes."""
