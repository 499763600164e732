"""Scheduled jobs and their heartbeats."""

from stockml.glossary.term import Term

SHOWN = ("status", "schedule")
TERMS = (
    Term("job", "A command that cron or systemd starts at planned times.", ("jobs",), source="schedule.jobs",
         shown=SHOWN, related=("heartbeat", "overdue", "installed")),
    Term("heartbeat", "A row in the ledger each time a job is installed (enabled), removed (disabled), starts, ends "
         "well (ok) or badly (fail), or is left out (skip). Every job looks at all of them, so silence is noticed.",
         ("enabled", "disabled", "start", "skip", "exit", "last run"), source="docs/jobs.md", shown=SHOWN,
         related=("overdue",)),
    Term("overdue", "A job that should have started and did not (silent), that began and never ended (unended), or "
         "that failed last.", ("silent", "unended"), source="docs/jobs.md", shown=SHOWN, related=("heartbeat",)),
    Term("installed", "Whether cron or systemd was told to start the job ('stockml schedule install').", ("in",),
         shown=SHOWN, related=("job",)),
    Term("occurrence", "One planned instant of a job. However many were missed, one run catches up.",
         ("missed", "next", "when"), shown=SHOWN, related=("job", "overdue")),
)  # fmt: skip
