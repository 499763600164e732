"""The configuration: what may be set (schema), how it is read and what is wrong with it (load)."""
