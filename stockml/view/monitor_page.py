"""A round of watching as one HTML page that holds everything it needs: no scripts, no other files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

ORDER = ("bad", "warn", "cannot_tell", "ok")
_STYLE = (
    "body{font:15px/1.45 sans-serif;margin:2em;max-width:75em;color:#222;background:#fff}"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:.25em .8em .25em 0;text-align:left;vertical-align:top;"
    "border-bottom:1px solid #ddd}.bad{color:#a00;font-weight:bold}.warn{color:#960}.cannot_tell{color:#067}"
    ".ok{color:#070}code{font-size:85%;overflow-wrap:anywhere}"
)


def page(result: Mapping[str, Any], home: str) -> str:
    """The page. Every text is escaped; figures are shown as JSON, fractions as they are."""
    title = f"stockml monitor: {result['state']}"
    parts = [
        "<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1><p>{escape(home)}, {escape(str(result['at']))}</p>",
        *(f"<p class=bad>No training on evidence: {escape(words)}</p>" for words in result["blocked"]),
        _section("Causes", ("level", "cause", "what"), _causes(result["causes"])),
        _section("Evidence that triggers training", ("symbol", "evidence"), _triggers(result["triggers"])),
        _section("Findings", ("state", "check", "symbol", "finding", "figures"), _findings(result["findings"])),
        _section("Host", ("", "share"), ((escape(name), f"{value:.3f}") for name, value in result["host"].items())),
        "</body></html>",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _section(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table under its title; the cells are HTML already. Nothing where there are no rows."""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    return f"<h2>{escape(title)}</h2>\n<table><tr>{head}</tr>\n{body}</table>" if body else ""


def _causes(causes: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    return [(escape(one["level"]), escape(one["title"]), escape(one["sentence"])) for one in causes]


def _triggers(triggers: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    return [(escape(symbol), "<br>".join(map(escape, told))) for symbol, told in sorted(triggers.items())]


def _findings(findings: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """A row a finding, the worst first."""
    return [
        (
            f'<span class="{escape(one["state"])}">{escape(one["state"].replace("_", " "))}</span>',
            escape(one["check"]), escape(one["symbol"] or ""), escape(one["sentence"]),
            f"<code>{escape(json.dumps(one['figures'], ensure_ascii=False))}</code>" if one["figures"] else "",
        )
        for one in sorted(findings, key=lambda one: ORDER.index(one["state"]))
    ]  # fmt: skip
