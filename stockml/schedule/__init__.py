"""What runs when: the job table, its times, and the programs that keep them (cron, systemd)."""
