"""`python -m stockml` is the same as `stockml`."""

from stockml.cli import main

main()
