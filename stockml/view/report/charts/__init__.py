"""The charts of reports, one file each: why nothing can be drawn, what it shows in words, its numbers, its lines."""
