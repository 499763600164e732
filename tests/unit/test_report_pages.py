"""Pages of reports: escaped once and wholly, the same bytes every time, in the page's colours, honest where few."""

from __future__ import annotations

import functools
import itertools
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import _reports
import pytest
from _rows import make_rows

from stockml.evaluation import blocks
from stockml.view.report import charts, evaluation, fleet, html, markdown, monitor, palette, replay, svg
from stockml.view.report.charts import (
    calendar,
    changes,
    coverage,
    distance,
    fan,
    leaning,
    months,
    odds,
    pairs,
    reliability,
    skill,
    winkler,
)
from stockml.view.report.page import Page, Plot, Section, Table, Text

pytest.importorskip("matplotlib", reason="the extra 'report' is not installed")

PARTS = _reports.splits()
REPLAYED = _reports.replayed()
TOLD: dict[Any, Any] = {
    reliability: PARTS["curves"]["reliability"], coverage: PARTS["curves"]["coverage"],
    winkler: {"groups": {"pooled": PARTS["pooled"], **PARTS["by_regime"]}},
    skill: {"by": "year", "groups": PARTS["by_year"]},
    fan: {**_reports.fan(), "horizon": "1"}, leaning: _reports.IMPORTANCE, changes: _reports.changes(),
    distance: {"symbols": {"S00": _reports.distance(0.0, 4.0), "S01": _reports.distance(5.0, None)}},
    odds: {"tests": _reports.tests()}, calendar: {"policies": list(REPLAYED["policies"]), "events": REPLAYED["events"]},
    months: {"ahead": "1 session ahead", "policies": {k: v["months"] for k, v in REPLAYED["policies"].items()}},
    pairs: {"pairs": [{"first": one["first"], "second": one["second"], **one["horizons"]["1"]}
                      for one in REPLAYED["comparisons"]], "margins": REPLAYED["margins"]},
}  # fmt: skip
LETTERS = ("INK", "SOFT", "ONE", "TWO", "THREE", "FOUR", "BAD")
FEW = blocks.splits(make_rows(dates=6, symbols=2), ("A", "B"))
NOTHING: dict[Any, Any] = {
    reliability: FEW["curves"]["reliability"], coverage: FEW["curves"]["coverage"],
    winkler: {"groups": {"pooled": blocks.block(make_rows(dates=6, symbols=2, naive_from=99))}},
    skill: {"by": "year", "groups": {}}, fan: {**_reports.fan(0, 0), "horizon": "1"},
    leaning: {**_reports.IMPORTANCE, "features": []}, changes: {"rows": [], "left_out": 0},
    distance: {"symbols": {"S00": []}}, odds: {"tests": []}, calendar: {"policies": ["a"], "events": []},
    months: {"ahead": "1 session ahead", "policies": {"a": REPLAYED["policies"]["default"]["months"][:1]}},
    pairs: {"pairs": [], "margins": REPLAYED["margins"]},
}  # fmt: skip
PAGES = {
    "report": fleet.page(_reports.document()), "evaluate": evaluation.page(_reports.evaluation(), "/h", "now"),
    "monitor": monitor.page(_reports.monitored(), _reports.HOSTILE),
    "replay": replay.page(REPLAYED, _reports.HOSTILE, "now"),
}  # fmt: skip


@functools.cache
def rendered(which: str) -> str:
    return html.render(PAGES[which])


def name(chart: Any) -> str:
    return chart.__name__.rpartition(".")[2]


class Read(HTMLParser):
    """What a browser would see: tags with attributes, ids, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def test_every_file_of_the_folder_is_a_chart_and_is_tried_here() -> None:
    folder = Path(str(charts.__file__)).parent
    files = {path.stem for path in folder.glob("[a-z]*.py")}
    assert files == {name(chart) for chart in TOLD} == {name(chart) for chart in NOTHING}
    for chart in TOLD:
        assert all(callable(getattr(chart, one)) for one in ("missing", "describe", "numbers", "size", "draw"))


@pytest.mark.parametrize("chart", TOLD, ids=name)
def test_a_drawing_is_whole_in_the_pages_colours_and_told_in_words(chart: Any) -> None:
    plot = Plot(f"{_reports.HOSTILE} {name(chart)}", chart, TOLD[chart])
    drawn = svg.drawn(plot, 3)
    root = ET.fromstring(drawn.replace("<svg ", '<svg xmlns:xlink="http://www.w3.org/1999/xlink" '))
    assert root.attrib["role"] == "img" and root.attrib["aria-labelledby"] == "p3t p3d"
    assert root[0].text is not None and "<script>alert(" in root[0].text and root[0].text.endswith(name(chart))
    assert len(str(root[1].text)) > 40
    assert not re.search(r"#[0-9a-f]{6}\b", drawn), "a colour that would not follow the theme"
    assert "font-family" not in drawn and "<style" not in drawn and "<script" not in drawn and len(drawn) < 60_000
    ids = re.findall(r' id="([^"]+)"', drawn)
    assert len(ids) == len(set(ids))
    assert not chart.missing(TOLD[chart]) and chart.numbers(TOLD[chart]).rows


@pytest.mark.parametrize("chart", TOLD, ids=name)
def test_the_numbers_of_a_drawing_have_a_cell_under_every_head(chart: Any) -> None:
    table = chart.numbers(TOLD[chart])
    assert {len(row) for row in table.rows} == {len(table.heads)} and table.left < len(table.heads) + 1
    assert _reports.every_number_is_whole(" ".join(cell for row in table.rows for cell in row))
    assert _reports.every_number_is_whole(chart.describe(TOLD[chart]))


@pytest.mark.parametrize("chart", NOTHING, ids=name)
def test_too_little_to_draw_is_said_and_nothing_is_drawn(chart: Any) -> None:
    plot = Plot("Title", chart, NOTHING[chart])
    why = chart.missing(plot.told)
    assert why and _reports.every_number_is_whole(why)
    page = html.render(Page("t", [], [Section("s", [plot])]))
    assert "<svg" not in page and why in page
    assert why in markdown.render(Page("t", [], [Section("s", [plot])]))


def test_few_forecasts_are_cannot_tell_yet_with_their_number() -> None:
    assert reliability.missing(NOTHING[reliability]) == "cannot tell yet, n = 12"
    assert coverage.missing(NOTHING[coverage]) == "cannot tell yet, n = 12"


def test_drawings_are_the_same_bytes_in_any_thread_and_leave_the_settings_alone() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    plots = [Plot("Title", chart, told) for chart, told in TOLD.items()]
    alone = [svg.drawn(plot, number) for number, plot in enumerate(plots)]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(svg.drawn, plots, range(len(plots))))
    assert together == alone and dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("which", PAGES)
def test_a_page_escapes_every_text_and_holds_nothing_active(which: str) -> None:
    read = Read(rendered(which))
    tags = [tag for tag, _ in read.tags]
    assert not set(tags) & {"script", "img", "iframe", "link", "object", "form", "foreignobject", "a href"}
    assert not [one for _, attrs in read.tags for one in attrs if one.startswith("on")]
    links = [attrs[key] for _, attrs in read.tags for key in ("href", "xlink:href", "src") if attrs.get(key)]
    assert links and all(str(one).startswith("#") for one in links)
    ids = [attrs["id"] for _, attrs in read.tags if "id" in attrs]
    assert len(ids) == len(set(ids)) and all(str(link)[1:] in ids for link in links)
    policy = next(attrs["content"] for tag, attrs in read.tags if tag == "meta" and "http-equiv" in attrs)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    if which != "evaluate":
        assert any("<script>alert(" in one for one in read.said), "the words themselves are all there"


@pytest.mark.parametrize("which", PAGES)
def test_a_page_has_one_heading_then_sections_in_steps_and_tables_with_heads(which: str) -> None:
    read = Read(rendered(which))
    levels = [int(tag[1]) for tag, _ in read.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    tags = [tag for tag, _ in read.tags]
    assert tags.count("table") == tags.count("caption") and read.tags[0] == ("html", {"lang": "en"})
    assert all("scope" in attrs for tag, attrs in read.tags if tag == "th")
    assert _reports.every_number_is_whole(" ".join(one for one in read.said if "{" not in one))


@pytest.mark.parametrize("which", PAGES)
def test_the_same_facts_give_the_same_bytes(which: str) -> None:
    assert html.render(PAGES[which]) == rendered(which)


@pytest.mark.parametrize("which", PAGES)
def test_markdown_keeps_its_columns_and_lets_no_text_become_markup(which: str) -> None:
    text = markdown.render(PAGES[which])
    assert "<" not in text and not re.search(r"(?<!\\)`", text) and "\x00" not in text and "\x1b" not in text
    for table in re.findall(r"(?:^\|.*\|$\n?)+", text, flags=re.M):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.strip().splitlines()}
        assert len(widths) == 1, table[:300]
    assert not re.search(r"(?<!\\)\]\(", text), "no link"


def test_every_figure_of_the_contract_stands_on_the_page_with_n_interval_and_naive() -> None:
    text = " ".join(Read(rendered("evaluate")).said)
    one = _reports.evaluation()["horizons"]["1"]["pooled"]
    named = ("direction right %", "AUC", "Brier skill %", "price skill %", "90 %: coverage %", "calibration error %")
    assert all(figure in text for figure in named)
    assert f"{one['direction']['n']:,}" in text and f"{100 * one['direction']['naive']:.1f}" in text


def test_verdicts_are_words_and_what_cannot_be_told_is_so() -> None:
    text = markdown.render(evaluation.page(_reports.evaluation(dates=20), "/h", "now"))
    assert "cannot tell yet" in text and "cannot\\_tell" not in text and "no\\_edge" not in text


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [1, 2], ids=["light", "dark"])
@pytest.mark.parametrize("colour", [getattr(palette, name) for name in LETTERS], ids=LETTERS)
def test_letters_and_marks_have_a_contrast_of_4_5_on_their_paper(theme: int, colour: str) -> None:
    one, paper = (_luminance(palette.COLOURS[name][theme]) for name in (colour, palette.PAPER))
    assert (max(one, paper) + 0.05) / (min(one, paper) + 0.05) >= 4.5


def test_characters_that_html_does_not_have_are_replaced() -> None:
    parts = [Text(["\x1b[31m"]), Table("c", ["h"], [])]
    page = html.render(Page("a\x00b", ["\ud800", "tab\there"], [Section("s", parts)]))
    assert "\x00" not in page and "\x1b" not in page and "a\ufffdb" in page and "tab\there" in page
    page.encode()


def test_without_the_library_html_says_what_to_install_and_markdown_works() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None; sys.path.insert(0, 'tests')\n"
        "import _reports\n"
        "from stockml.errors import StockmlError\n"
        "from stockml.view.report import fleet, html, markdown\n"
        "page = fleet.page(_reports.document()); assert len(markdown.render(page)) > 5000\n"
        "try: html.render(page)\n"
        "except StockmlError as error: print(error.hint)"
    )
    root = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert "pip install 'stockml[report]'" in ran.stdout


def test_drawing_needs_no_screen_and_loads_no_other_backend() -> None:
    code = (
        "import os, sys; os.environ['MPLBACKEND'] = 'tkagg'; sys.path.insert(0, 'tests')\n"
        "import _reports\n"
        "from stockml.view.report import html, monitor\n"
        "html.render(monitor.page(_reports.monitored(), 'h'))\n"
        "print(sorted(name for name in sys.modules if name in ('matplotlib.pyplot', 'tkinter')))"
    )
    root = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert ran.stdout.strip() == "[]"
