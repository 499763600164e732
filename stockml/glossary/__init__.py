"""The words of the screens in plain language: what each means, how it is computed, where that comes from."""

from stockml.glossary.catalogue import find, groups, legend, near, terms
from stockml.glossary.term import Term

__all__ = ["Term", "find", "groups", "legend", "near", "terms"]
