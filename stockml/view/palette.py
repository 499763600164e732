"""Colours by meaning: named ANSI colours that can be read on dark and on light; a word always says the same."""

from __future__ import annotations

STATES = {
    "healthy": "green", "degraded": "magenta", "stale": "red", "expired": "red", "failed": "bold red",
    "untrained": "bold",
}  # fmt: skip
LEVELS = {"bad": "bold red", "warn": "magenta", "note": "bold", "warning": "magenta", "critical": "bold red"}
FINDINGS = {"bad": "bold red", "warn": "magenta", "cannot_tell": "bold", "ok": "green", "train": "magenta"}
FAINT = "dim"
