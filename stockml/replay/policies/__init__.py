"""One JSON file per policy: a partial configuration, with what it means and what trouble it meets."""
