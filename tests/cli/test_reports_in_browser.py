"""Reports opened in a real browser: nothing said on the console, nothing asked for, readable by everyone, printable."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import _browser
import _reports
import pytest
from _browser import Browser

from stockml.view.report import evaluation, fleet, html, monitor, replay

pytest.importorskip("matplotlib", reason="the extra 'report' is not installed")
pytestmark = pytest.mark.skipif(_browser.found() is None, reason="no Chromium is installed")

WIDE, NARROW = 1280, 360
# What axe calls serious or critical; minor advice is not a fault.
GRAVE = (
    "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations"
    ".filter(one => ['serious', 'critical'].includes(one.impact))"
    ".map(one => one.id + ': ' + one.nodes[0].html.slice(0, 200)))"
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The four reports, with hostile words wherever words come from outside, in a folder with a space."""
    folder = tmp_path_factory.mktemp("the reports")
    made = {
        "report": fleet.page(_reports.document()), "monitor": monitor.page(_reports.monitored(), _reports.HOSTILE),
        "evaluate": evaluation.page(_reports.evaluation(), "/h", "now"),
        "replay": replay.page(_reports.replayed(), _reports.HOSTILE, "now"),
    }  # fmt: skip
    for name, page in made.items():
        (folder / f"{name}.html").write_text(html.render(page))
    return {name: folder / f"{name}.html" for name in made}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with _browser.browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("name", ["report", "evaluate", "monitor", "replay"])
def test_a_report_says_nothing_asks_for_nothing_and_fits_any_screen(
    name: str, pages: dict[str, Path], browser: Browser
) -> None:
    for width in (WIDE, NARROW):
        browser.open(pages[name], width=width)
        assert browser.console == [] and browser.requests == [pages[name].as_uri()]
        assert browser.value("document.documentElement.scrollWidth") == width
    assert browser.value("document.scripts.length + document.images.length") == 0
    assert browser.value("document.querySelectorAll('main svg').length") >= 1


def test_the_console_and_the_requests_of_a_page_are_heard(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "loud.html"
    page.write_text("<img src='http://example.invalid/x.png'><script>console.log('heard'); nothing()</script>")
    browser.open(page)
    assert any("heard" in one for one in browser.console) and any("nothing" in one for one in browser.console)
    assert "http://example.invalid/x.png" in browser.requests


@pytest.mark.parametrize(
    ("name", "dark"),
    [("report", False), ("report", True), ("evaluate", True), ("monitor", False), ("replay", False), ("replay", True)],
)
def test_axe_has_no_serious_finding(name: str, dark: bool, pages: dict[str, Path], browser: Browser) -> None:
    script = _browser.axe()
    if script is None:
        pytest.skip("axe-core is not there; .ci/run gets it where npm is, and STOCKML_AXE names its axe.min.js")
    browser.open(pages[name], width=NARROW if dark else WIDE, dark=dark)
    browser.value(script.read_text() + "; 0")
    assert browser.value(GRAVE, waits=True) == []


def test_axe_hears_a_page_that_is_not_for_everyone(browser: Browser, tmp_path: Path) -> None:
    script = _browser.axe()
    if script is None:
        pytest.skip("axe-core is not there")
    page = tmp_path / "bad.html"
    page.write_text("<title>t</title><p style='color:#bbb;background:#fff'>pale</p><img src=x>")
    browser.open(page)
    browser.value(script.read_text() + "; 0")
    found: list[str] = browser.value(GRAVE, waits=True)
    assert {one.partition(":")[0] for one in found} >= {"color-contrast", "image-alt", "html-has-lang"}


def _colours(browser: Browser) -> Any:
    """The paper, and the letters of a drawing, as the browser paints them."""
    letters = "document.querySelector('svg text[style*=soft]')"
    return browser.value(f"[getComputedStyle(document.body).backgroundColor, getComputedStyle({letters}).fill]")


def test_drawings_follow_the_theme_and_paper_is_light(pages: dict[str, Path], browser: Browser, tmp_path: Path) -> None:
    browser.open(pages["evaluate"])
    light = _colours(browser)
    browser.open(pages["evaluate"], dark=True)
    dark = _colours(browser)
    assert light[0] == "rgb(255, 255, 255)" and dark[0] == "rgb(20, 24, 29)" and light[1] != dark[1]
    browser.open(pages["evaluate"], dark=True, media="print")
    assert _colours(browser) == light
    browser.printed(tmp_path / "r.pdf")
    content = (tmp_path / "r.pdf").read_bytes()
    assert content.startswith(b"%PDF") and 3 <= content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") <= 40


def test_on_paper_every_table_fits(pages: dict[str, Path], browser: Browser) -> None:
    browser.open(pages["report"], width=690, media="print")  # the width of A4 within its margins
    edges = "[...document.querySelectorAll('main > .scroll table')].map(one => one.getBoundingClientRect().right)"
    widest = browser.value(f"Math.max(...{edges})")
    assert widest <= 690


def test_pictures_are_kept_where_a_person_wants_to_look(pages: dict[str, Path], browser: Browser) -> None:
    folder = os.environ.get("STOCKML_PICTURES")
    if not folder:
        pytest.skip("STOCKML_PICTURES names no folder")
    for name, path in pages.items():
        for dark in (False, True):
            browser.open(path, dark=dark)
            browser.picture(Path(folder) / f"{name}-{'dark' if dark else 'light'}.png")
