"""Watching deployed models: tests of settled forecasts, in arrays, out plain values."""
