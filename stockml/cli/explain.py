"""Explain a word of the screens in plain language."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, verb


@verb(click.argument("words", nargs=-1, metavar="[TERM]"))
def command(call: Call, words: tuple[str, ...]) -> Outcome:
    """Tell what a word means, how it is computed and where that comes from.

    Any word of a screen is understood: figures, column heads, states, verdicts, reasons, alerts. Without one, all
    are listed.
    """
    from stockml import glossary
    from stockml.errors import UsageError
    from stockml.view import glossary as view

    if not words:
        groups = {name: [one.name for one in found] for name, found in glossary.groups().items()}
        return Outcome({"terms": [one.as_json() for one in glossary.terms()]}, view.listing(groups))
    text = " ".join(words)
    found = glossary.find(text)
    if found is None:
        near = glossary.near(text)
        advice = f"did you mean {', '.join(near)}?" if near else "'stockml explain' lists all words"
        raise UsageError(f"{text!r} is not in the glossary", hint=advice)
    return Outcome({"terms": [found.as_json()]}, view.word(found.as_json()))
