"""The unattended system lived through past sessions under several policies (docs/replay.md)."""
