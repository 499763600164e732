"""Give past forecasts their outcome; another name of settle."""

from __future__ import annotations

from stockml.cli import settle
from stockml.cli._frame import build

command = build("verify", settle.run, list(settle.PARAMETERS))
