"""Keeps a fleet of per-symbol stock forecasting models alive, and says honestly how good they are."""

__version__ = "0.1.0"
