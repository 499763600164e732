"""What the documentation tells people to type exists, with its options; and every cause of an alert is explained."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import stockml
from stockml.cli import _root
from stockml.monitor import causes
from stockml.schedule import watchers

ROOT = Path(__file__).parents[2]
PACKAGE = Path(stockml.__file__).parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```[a-z]*\n(.*?)^```$", re.M | re.S)
SPAN = re.compile(r"`([^`]+)`")
END = re.compile(r"\||>")  # what follows is no word of the command any more


def commands(text: str) -> Iterator[str]:
    """The command lines of a page: lines of its blocks, and inline code, that run stockml."""
    blocks = [re.sub(r"\s#\s.*", "", block) for block in FENCE.findall(text)]
    lines = [line for block in blocks for part in block.splitlines() for line in re.split(r"&&|;", part)]
    spans = [part for span in SPAN.findall(FENCE.sub("", text)) for part in re.split(r"&&|;", " ".join(span.split()))]
    for line in (*lines, *spans):
        words = line.strip().removeprefix("$ ").removeprefix("sudo ")
        if re.match(r"stockml\s+[a-z-]", words):
            yield END.split(words)[0].strip()


FOUND = sorted({(path.name, line) for path in PAGES for line in commands(path.read_text())})


def resolved(line: str) -> tuple[click.Command, list[str]]:
    """The command that a line runs, and the options it gives. Placeholders and values are left aside."""
    context = click.Context(_root(), info_name="stockml")
    command: click.Command = context.command
    options = []
    words = iter(shlex.split(line.replace("...", ""))[1:])
    for word in words:
        if word.startswith("-"):
            options.append(word.partition("=")[0])
            known = next((one for one in command.get_params(context) if word in one.opts), None)
            if isinstance(known, click.Option) and not known.is_flag and not known.count and "=" not in word:
                next(words, None)
        elif isinstance(command, click.Group) and re.fullmatch(r"[a-z][a-z-]*", word):
            below = command.get_command(context, word)
            assert below is not None, f"there is no command {word!r}"
            context = click.Context(below, parent=context, info_name=word)
            command = below
    return command, options


def test_the_pages_hold_command_lines_of_every_kind() -> None:
    lines = {line for _, line in FOUND}
    assert len(FOUND) > 60
    assert {"stockml doctor", "stockml status", "stockml schedule install --cron"} <= lines
    example = "```\nstockml train --all   # fit\n$ stockml a && stockml b\n```\nand `stockml\nwhy NVDA`, `stockml/x.py`"
    assert list(commands(example)) == ["stockml train --all", "stockml a", "stockml b", "stockml why NVDA"]


@pytest.mark.parametrize(("page", "line"), FOUND)
def test_a_command_that_a_page_names_exists_with_its_options(page: str, line: str) -> None:
    command, options = resolved(line)
    ran = CliRunner().invoke(command, ["--help"])
    assert ran.exit_code == 0, ran.output
    for option in options:
        assert re.search(rf"(^|[\s,]){re.escape(option)}\b", ran.output) or option == "--version", f"{page}: {line}"


def known_causes() -> set[str]:
    """The keys of all causes that people can be told, without symbols, names and numbers."""
    found = {":".join(place) for place in causes.TITLES} | {f"job:NAME:{kind}" for kind in watchers.TITLES}
    for path in sorted((PACKAGE / "monitor" / "checks").glob("[a-z]*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Finding":
                kind, state = call.args[1], call.args[3]
                silent = any(one.arg == "silent" for one in call.keywords)
                if isinstance(kind, ast.Constant) and isinstance(state, ast.Constant) and not silent:
                    found |= {f"{path.stem}:{kind.value}"} if state.value in ("bad", "warn") else set()
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.parent.name in ("alerts", "monitor"):
            continue
        for key in re.findall(r'Cause\(\s*f?"([a-z]+:[a-z]*)', path.read_text()):
            found.add(key if not key.endswith(":") else f"{key}...")
    return found


def test_every_cause_of_an_alert_is_explained_in_the_operations_guide() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    told = set(re.findall(r"`([a-z]+:[a-zA-Z_:]+)`", text))
    known = known_causes()
    assert {"bars:source", "jobs:silent", "job:NAME:failed", "shadow:..."} <= known
    explained = told | {f"{one.partition(':')[0]}:..." for one in told if one.partition(":")[2].isupper()}
    explained |= {"job:..."} if any(one.startswith("job:NAME:") for one in told) else set()
    assert not known - explained, "not explained"
    assert not {one for one in told if not one.endswith("RUN")} - known, "explained, and nothing tells it"
