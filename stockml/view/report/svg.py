"""Draws a chart as inline SVG: the same bytes every time, in the page's colours and letters, without an identity."""

from __future__ import annotations

import io
import re
import threading

from stockml.errors import StockmlError
from stockml.view.report import escaped, palette
from stockml.view.report.page import Plot

_ALONE = threading.Lock()  # matplotlib's settings belong to the process
_SETTINGS = {
    "svg.fonttype": "none", "text.parse_math": False, "axes.unicode_minus": False,
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 8.5,
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none", "legend.frameon": False,
    "text.color": palette.INK, "axes.labelcolor": palette.SOFT, "axes.titlecolor": palette.INK,
    "xtick.color": palette.GRID, "ytick.color": palette.GRID,
    "xtick.labelcolor": palette.SOFT, "ytick.labelcolor": palette.SOFT,
    "axes.edgecolor": palette.GRID, "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
    "axes.grid": True, "xtick.major.size": 0, "ytick.major.size": 0, "xtick.minor.size": 0, "ytick.minor.size": 0,
     "grid.color": palette.GRID, "grid.linewidth": 0.5,
    "axes.titlesize": 9, "axes.titlelocation": "left", "axes.titleweight": "bold",
    "lines.linewidth": 1.2, "lines.markersize": 4.5,
}  # fmt: skip
_FRACTION = re.compile(r"(\.\d{2})\d+")
_GEOMETRY = re.compile(r'(?<= )(?:d|transform|x|y|width|height|points)="[^"]*"')
_GROUP = re.compile(r"(<g(?: [^>]*)?>|</g>)")
_SUPERFLUOUS = re.compile(
    r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>|<defs>\s*</defs>|<g [^>]*/>", re.DOTALL
)
_REFERRED = re.compile(r'(?:url\(|href=")#([^)"]+)')


def require() -> None:
    """Raise `StockmlError` if the library that draws is not installed."""
    import importlib.util

    if importlib.util.find_spec("matplotlib") is None:
        raise StockmlError(
            "an HTML report needs the library matplotlib, which is not installed", kind="missing_package",
            hint="pip install 'stockml[report]'; reports as .md and .json do without it",
        )  # fmt: skip


def drawn(plot: Plot, number: int) -> str:
    """The `<svg>` element of a plot, the page's so many-th; `number` keeps its ids apart from the others'.

    Raises `StockmlError` as `require`.
    """
    require()
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    out = io.StringIO()
    with _ALONE, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**_SETTINGS, "svg.hashsalt": f"stockml-{number}"})
        figure = Figure(figsize=plot.chart.size(plot.told), layout="constrained")
        plot.chart.draw(figure, plot.told)
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        FigureCanvasSVG(figure).print_svg(out, metadata=nothing)
    return _tidied(out.getvalue(), plot, number)


def _tidied(text: str, plot: Plot, number: int) -> str:
    """Without prologue, style sheet, superfluous ids and digits; colours by name; with a title and a description."""
    body = text[text.index("<svg") :]
    view = re.search(r'viewBox="[^"]*"', body)
    body = body[body.index(">") + 1 : body.rindex("</svg>")]
    body = _SUPERFLUOUS.sub("", body)
    body = _GEOMETRY.sub(lambda found: _FRACTION.sub(r"\1", found[0]), body)
    kept = set(_REFERRED.findall(body))
    body = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in kept else "", body)
    body = re.sub(r'(?<=style=")([^"]*)(?=")', lambda found: _style(found[0]), body)
    body = re.sub(r' transform="rotate\(-?0 [^"]*"', "", body)
    for colour, (name, _, _) in palette.COLOURS.items():
        body = body.replace(colour, f"var(--{name})")
    body = re.sub(r'<path d="[^"]*" style="fill: none"/>', "", re.sub(r"\s*\n\s*", "\n", _ungrouped(body)))
    body = re.sub(r"\n(?=[LCQz\"])", " ", re.sub(r"\n{2,}", "\n", body)).strip()
    names = f"p{number}t", f"p{number}d"
    told = escaped.text(plot.title), escaped.text(plot.chart.describe(plot.told))
    return (
        f'<svg role="img" aria-labelledby="{names[0]} {names[1]}" {view[0] if view else ""}>'
        f'<title id="{names[0]}">{told[0]}</title><desc id="{names[1]}">{told[1]}</desc>\n{body}\n</svg>'
    )


def _style(declared: str) -> str:
    """Declarations without those of the letters, which are the page's."""
    kept = [one for one in declared.split("; ") if not one.startswith("font-family")]
    return "; ".join(kept)


def _ungrouped(body: str) -> str:
    """Without the groups that say nothing, and their ends."""
    kept: list[bool] = []
    out = []
    for piece in _GROUP.split(body):
        is_kept = True
        if piece == "</g>":
            is_kept = kept.pop()
        elif _GROUP.fullmatch(piece):
            is_kept = piece != "<g>"
            kept.append(is_kept)
        out.append(piece if is_kept else "")
    return "".join(out)
