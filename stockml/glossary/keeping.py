"""Backups, clean-up and replays."""

from stockml.glossary.term import Term

REPLAY = ("replay",)
TERMS = (
    Term("backup", "The workspace as it was at a moment: a small file, the snapshot, that names objects kept once "
         "however many snapshots hold them.", ("snapshot", "holds"), source="docs/backup.md",
         shown=("backup", "doctor"), related=("verified",)),
    Term("verified", "A backup of which every byte was read and that was restored into a temporary folder, every "
         "champion loaded and its golden rows computed anew.", ("restore drill", "proved"), source="docs/backup.md",
         shown=("backup list", "doctor"), related=("backup", "golden rows")),
    Term("trash", "What clean-up or a restore took away, for 7 days; 'stockml clean --undo' brings it back.",
         ("where to", "thing"), source="cleanup.trash_days; docs/cleanup.md", shown=("clean",), related=("protected",)),
    Term("protected", "What clean-up never takes: champion, previous, challenger, shadow, versions with unsettled "
         "forecasts, the newest verified backup, what is open or new.", ("stays",), source="docs/cleanup.md",
         shown=("clean",), related=("budget",)),
    Term("budget", "How much disk the workspace may take; clean-up takes the least valuable until it fits, or says "
         "why it does not.", ("check: budget", "freed", "bytes"), source="cleanup.max_disk_gb",
         shown=("clean", "monitor"), related=("protected", "trash")),
    Term("policy", "A configuration with some keys changed, and perhaps trouble to come, that a replay lives through "
         "past sessions.", source="docs/replay.md", shown=REPLAY, related=("replay",)),
    Term("replay", "The unattended system itself, run over past sessions under a moved clock, to see what a policy is "
         "worth. A difference is of the first policy against the second, paired by session.", ("second",),
         source="docs/replay.md", shown=REPLAY, related=("policy",)),
)  # fmt: skip
