"""The style sheet of every page: light and dark by what the reader's machine prefers, readable narrow and on paper."""

from __future__ import annotations

from stockml.view.report import palette

_RULES = """
*{box-sizing:border-box}
body{margin:0 auto;max-width:78rem;padding:1.5rem 1rem 3rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem}
h2{font-size:1.25rem;margin:2.5rem 0 .5rem;padding-top:.75rem;border-top:2px solid var(--grid)}
h3{font-size:1.05rem;margin:1.75rem 0 .25rem}
p,li{max-width:48rem;overflow-wrap:anywhere}p{margin:.5rem 0}ul{margin:.5rem 0;padding-left:1.25rem}
header p,figcaption,footer{color:var(--soft)}header p{margin:.1rem 0}
a{color:var(--one)}
nav ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.25rem 1rem}
.scroll{overflow-x:auto}
.scroll:focus-visible,summary:focus-visible,a:focus-visible{outline:2px solid var(--one);outline-offset:2px}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;margin:.75rem 0}
caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{padding:.25rem .9rem .25rem 0;text-align:right;vertical-align:top;border-bottom:1px solid var(--grid);
white-space:nowrap}
thead th{color:var(--soft);font-weight:600;vertical-align:bottom}
th.t,td.t{text-align:left}thead th,td.w{white-space:normal}td.w{overflow-wrap:anywhere;min-width:16rem}
tbody th{font-weight:600}
figure{margin:1rem 0}
figcaption{max-width:54rem}figcaption strong{color:var(--ink);display:block}
svg{display:block;width:100%;max-width:56rem;height:auto;min-width:34rem}
svg text{font-family:system-ui,"Segoe UI","DejaVu Sans",sans-serif}svg *{stroke-linejoin:round}
details{margin:.25rem 0}summary{cursor:pointer;color:var(--soft)}
.none{color:var(--soft);border-left:3px solid var(--grid);padding-left:.75rem}
@media print{
body{max-width:none;padding:0;font-size:10pt}nav,details{display:none}h2,h3,caption{break-after:avoid}
tr,figure,li{break-inside:avoid}thead{display:table-header-group;break-after:avoid}
.scroll{overflow:visible}svg{min-width:0;max-width:17cm}table{font-size:7pt}th,td{padding-right:.4rem}
td,tbody th{white-space:normal}td.w{min-width:0}a{color:inherit;text-decoration:none}}
@page{margin:14mm}
"""


def sheet() -> str:
    """The whole style sheet. Paper is always light."""
    light, dark = palette.variables(dark=False), palette.variables(dark=True)
    themes = f":root{{color-scheme:light dark;{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    return themes + _RULES.replace("\n", "")
