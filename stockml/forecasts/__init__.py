"""Forecasts as people and the ledger see them: prices, classes, signals, risk, abstentions."""
