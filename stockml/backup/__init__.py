"""Backups: snapshots of a workspace over objects named by their content, proved by restoring them (docs/backup.md)."""
