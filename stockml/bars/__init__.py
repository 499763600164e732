"""Bars: the store, their checks, their adjustment, and the sources they come from."""
