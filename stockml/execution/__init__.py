"""Runs independent work side by side."""
