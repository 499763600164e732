"""Whether every symbol's champion has its pointers and its manifest."""

from __future__ import annotations

from stockml.doctor.case import Case
from stockml.doctor.finding import Finding, Level, several
from stockml.store import index

NAME, ORDER, NEEDS_WORKSPACE = "models", 64, True
MOST = 5  # refused champions told one by one


def check(case: Case) -> list[Finding]:
    symbols = list(case.rules.symbols)
    checked = index.check(case.workspace, symbols)
    without = [symbol for symbol in symbols if symbol not in checked.brief and symbol not in checked.problems]
    return judge(len(symbols), without, dict(checked.problems))


def judge(count: int, without: list[str], problems: dict[str, str]) -> list[Finding]:
    """Findings from how many symbols there are, those without a champion, and what is wrong with others'."""
    found = []
    for symbol, problem in list(problems.items())[:MOST]:
        told = problem if problem.startswith(f"{symbol}:") else f"{symbol}: {problem}"
        advice = f"stockml rollback {symbol}, or: stockml backup restore {symbol}"
        found.append(Finding(NAME, "refused", "bad", told, advice))
    if len(problems) > MOST:
        told = f"the champions of {len(problems) - MOST} more symbols cannot be read"
        found.append(Finding(NAME, "refused", "bad", told, "stockml status --state failed"))
    if without:
        every = len(without) == count
        level: Level = "note" if every else "warning"
        more = f" and {several(len(without) - 1, 'other')} of {count}" if len(without) > 1 else ""
        told = "no symbol has a champion yet" if every else f"{without[0]}{more} cannot be forecast without a champion"
        found.append(Finding(NAME, "untrained", level, told, "stockml train"))
    told = f"{several(count, 'champion')} with pointers and manifest"
    return found or [Finding(NAME, "there", "ok", f"{told}; whether they answer: stockml monitor")]
