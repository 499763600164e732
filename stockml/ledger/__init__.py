"""The ledger: one SQLite database of all that happened. Facts are added; what was forecast is sealed."""
