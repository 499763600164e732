"""The order of everything. Scheduled jobs and replay call these same functions under another clock."""
