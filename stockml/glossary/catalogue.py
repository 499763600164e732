"""All words of the glossary, and how one is found by whatever somebody types."""

from __future__ import annotations

from collections.abc import Iterator

from stockml.glossary import bars, figures, keeping, models, schedule, screens, states, tests, verdicts, watching
from stockml.glossary.term import Term

GROUPS = {
    "states and verdicts": (*states.TERMS, *verdicts.TERMS),
    "figures": figures.TERMS,
    "tests": tests.TERMS,
    "models and training": models.TERMS,
    "watching and alerts": watching.TERMS,
    "bars and sources": bars.TERMS,
    "jobs": schedule.TERMS,
    "backups, clean-up, replays": keeping.TERMS,
    "columns": screens.TERMS,
}
NEAR = 0.6  # how alike two spellings have to be, from 0 to 1, to be suggested
LEGENDS = {  # the words that a screen's legend explains, in its order
    "status": (
        "state", "healthy", "degraded", "stale", "expired", "untrained", "failed", "champion", "age", "through", "n",
        "direction accuracy", "naive", "interval bar", "price skill", "coverage", "held", "Winkler ratio", "verdict",
        "due", "as of",
    ),
}  # fmt: skip


def groups() -> dict[str, tuple[Term, ...]]:
    """The words by what they are about."""
    return GROUPS


def terms() -> Iterator[Term]:
    """Every word once."""
    for group in GROUPS.values():
        yield from group


def find(text: str) -> Term | None:
    """The word that is spelled so, in any case, with spaces, hyphens or underscores."""
    wanted = _folded(text)
    return next((one for one in terms() if wanted in map(_folded, (one.name, *one.also))), None)


def near(text: str, most: int = 5) -> list[str]:
    """Words that are spelled alike, or whose meaning holds the text; the most alike first."""
    import difflib

    spellings = {_folded(name): one.name for one in terms() for name in (one.name, *one.also)}
    alike = difflib.get_close_matches(_folded(text), spellings, n=most, cutoff=NEAR)
    inside = [one.name for one in terms() if _folded(text) and _folded(text) in _folded(f"{one.name} {one.meaning}")]
    return list(dict.fromkeys([*(spellings[one] for one in alike), *inside]))[:most]


def legend(screen: str) -> list[Term]:
    """The words that explain a screen."""
    return [one for name in LEGENDS[screen] if (one := find(name)) is not None]


def _folded(text: str) -> str:
    return " ".join(text.lower().replace("_", " ").replace("-", " ").split())
