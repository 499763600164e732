"""The colours of charts by what they mean: stand-ins that become CSS variables, so that drawings follow the theme."""

from __future__ import annotations

PAPER, INK, SOFT, GRID = "#0a0b01", "#0a0b02", "#0a0b03", "#0a0b04"
BAND, CORE = "#0a0b05", "#0a0b06"  # what chance would show; the inner of two bands
ONE, TWO, BAD = "#0a0b07", "#0a0b08", "#0a0b09"
THREE, FOUR = "#0a0b0a", "#0a0b0b"

# Stand-in -> name, in light, in dark. Text colours have a contrast of 4.5 and more on their paper.
COLOURS = {
    PAPER: ("paper", "#ffffff", "#14181d"),
    INK: ("ink", "#1b1f24", "#e6e9ed"),
    SOFT: ("soft", "#57606a", "#a5aeb9"),
    GRID: ("grid", "#d8dee4", "#333b45"),
    BAND: ("band", "#d3dce6", "#323d4a"),
    CORE: ("core", "#a9bacd", "#4d6076"),
    ONE: ("one", "#0b62c4", "#7ab7ff"),
    TWO: ("two", "#9a4b00", "#f0a868"),
    BAD: ("bad", "#b3261e", "#ff9b93"),
    THREE: ("three", "#1a7f37", "#6fdd8b"),
    FOUR: ("four", "#7a3fc4", "#c8a6ff"),
}


def variables(dark: bool) -> str:
    """The CSS declarations of one theme."""
    return "".join(f"--{name}:{night if dark else day};" for name, day, night in COLOURS.values())
