"""Looks at everything an unattended stockml stands on, and says of each thing that is not well what to do."""
