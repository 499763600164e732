"""Writes benchmarks/reports/walkforward.md: accuracy and coverage on real prices, by the command anyone can run."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import _homes
from _figures import Figure

REPORT = Path(__file__).resolve().parent / "reports" / "walkforward.md"
FIRST, LAST = "2018-01-02", _homes.AS_OF
SEED, STRANGERS = 2026, 20
COVERAGE, YEARLY = (0.88, 0.92), (0.86, 0.94)
WINKLER = {"1": 0.92, "5": 0.97}
ACCURACY = (0.49, 0.54)  # one session ahead: more than this on daily bars is a leak until proven otherwise

Band = tuple[str, bool, str]


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield one figure a fleet: the share of bands that are not held, limit 0. Writes the report unless quick."""
    parts = [f"# Walk-forward figures\n\nWritten by `python benchmarks/run.py walkforward`.\n\n{INTRODUCTION}\n"]
    for title, home, span, strict in _fleets(quick):
        if home is None:
            yield Figure(title, None, 0.0, _homes.NO_PRICES)
            continue
        words = ["evaluate", *(part for pair in zip(("--from", "--to"), span, strict=False) for part in pair)]
        told = json.loads(_homes.command(*words, "--json", "--home", str(home)))
        bands = list(_bands(told["result"]))
        missed = [name for name, held, _ in bands if not held]
        parts.append(_section(title, words, told, bands, strict))
        detail = f"{len(bands) - len(missed)} of {len(bands)} bands held" + "".join(f"; not: {one}" for one in missed)
        yield Figure(f"walk-forward bands, {title}", len(missed) / len(bands), 0.0 if strict else None, detail)
    if not quick:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text("\n".join(parts), encoding="utf-8")


INTRODUCTION = """Every forecast was made by a model that had seen nothing of its outcome: refits once a year, folds
purged and embargoed. `n` counts forecasts, one a symbol and session. Brackets hold 95 % intervals by bootstrap
over dates. *Naive* for the direction is the side that the training window favoured, for the Winkler score the
quantiles of all history so far; below 1 is better than that. Brier skill is against the base rate, above 0 is
better. The verdicts are those of the command: `no_edge` means that no difference from naive could be shown."""


def _fleets(quick: bool) -> Iterator[tuple[str, Path | None, tuple[str, ...], bool]]:
    """(title, workspace or None without prices, first and last session, whether the bands are required)."""
    real = _homes.has_prices()
    span = ("2024-01-02" if quick else FIRST, LAST)
    yield "13 default symbols", _workspace("daily", ()) if real else None, span, True
    if quick:
        return
    strangers = _strangers() if real else []
    yield "20 symbols outside the defaults", _workspace("universe", strangers) if real else None, span, True
    home = _homes.folder("sample")
    _homes.command("init", "--provider", "sample", "--home", str(home))
    yield "sample (5 companies, to 2013)", home, (), False


def _strangers() -> list[str]:
    """Twenty seeded symbols of the universe that are not in the default fleet."""
    default = {path.name.removesuffix(".csv.gz") for path in (_homes.PRICES / "daily").glob("*.csv.gz")}
    every = {path.name.removesuffix(".csv.gz") for path in (_homes.PRICES / "universe").glob("*.csv.gz")}
    return sorted(random.Random(SEED).sample(sorted(every - default), STRANGERS))


def _workspace(folder: str, symbols: list[str] | tuple[()]) -> Path:
    """An untrained workspace whose clock stands at the last session; the benchmark's prices lie with the rest."""
    home, prices = _homes.folder("walk"), _homes.folder("prices")
    for path in [*(_homes.PRICES / folder).glob("*.csv.gz"), _homes.PRICES / "daily" / "SPY.csv.gz"]:
        if not (prices / path.name).exists():
            (prices / path.name).symlink_to(path)
    chosen = ["--symbols", ",".join(symbols)] if symbols else []
    _homes.command("init", "--home", str(home), "--data-dir", str(prices), *chosen)
    config = home / "persistent_data" / "ml_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "as_of": LAST}))
    return home


def _bands(result: dict[str, Any]) -> Iterator[Band]:
    """(what is required, whether it is held, the figure) for every band."""
    for horizon, split in result["horizons"].items():
        if horizon not in WINKLER:
            continue
        wide = split["pooled"]["interval"]["90"]
        low, high = COVERAGE
        held = low <= wide["coverage"] <= high
        yield f"h={horizon}: pooled 90 % coverage in [{low:.2f}, {high:.2f}]", held, _share(wide, "coverage")
        low, high = YEARLY
        for year, block in split["by_year"].items():
            one = block["interval"]["90"]
            held = low <= one["coverage"] <= high
            yield f"h={horizon}: 90 % coverage of {year} in [{low:.2f}, {high:.2f}]", held, _share(one, "coverage")
        ratio = wide["winkler_ratio"]
        limit = WINKLER[horizon]
        yield f"h={horizon}: Winkler ratio <= {limit}", ratio is not None and ratio <= limit, _number(ratio)
    direction = result["horizons"]["1"]["pooled"]["direction"]
    low, high = ACCURACY
    held = low <= direction["accuracy"] <= high
    yield f"h=1: accuracy in [{low:.2f}, {high:.2f}]", held, _share(direction, "accuracy")


def _section(title: str, words: list[str], told: dict[str, Any], bands: list[Band], strict: bool) -> str:
    result = told["result"]
    lines = [
        f"## {title}\n",
        f"Command: `stockml {' '.join(words)} --json`, span {result['span'][0]} to {result['span'][1]}, "
        f"exit {told['exit_code']}.\n",
        f"Symbols: {' '.join(result['horizons']['1']['by_symbol'])}.\n",
        *(f"Warning of the command: {one}.\n" for one in told["warnings"]),
    ]
    for horizon, split in result["horizons"].items():
        lines += [f"### {horizon} session{'s' if horizon != '1' else ''} ahead\n", *_table(split), ""]
        lines += [_verdicts(split["pooled"]), ""]
    required = "Required" if strict else "For orientation (this fleet has no requirement)"
    lines += [f"### Bands\n\n{required}.\n", "| band | figure | held |", "|---|---|---|"]
    lines += [f"| {name} | {shown} | {'held' if held else '**not held**'} |" for name, held, shown in bands]
    return "\n".join([*lines, ""])


def _table(split: dict[str, Any]) -> list[str]:
    head = ("", "n", "accuracy", "naive", "AUC", "Brier skill", "80 %", "90 %", "Winkler 80", "Winkler 90", "its n")
    lines = [f"| {' | '.join(head)} |", "|---" + "|---:" * (len(head) - 1) + "|"]
    for name, block in [("pooled", split["pooled"]), *split["by_year"].items()]:
        direction, tight, wide = block["direction"], block["interval"]["80"], block["interval"]["90"]
        cells = [
            name, str(direction["n"]), _share(direction, "accuracy"), _number(direction["naive"]),
            _number(direction["auc"]), _number(direction["brier_skill"], 4), _share(tight, "coverage"),
            _share(wide, "coverage"), _number(tight["winkler_ratio"]), _number(wide["winkler_ratio"]),
            str(wide.get("winkler_n", wide["n"])),
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _verdicts(block: dict[str, Any]) -> str:
    direction, price, classes = block["direction"], block["price"], block["classes"]
    return (
        f"Direction `{direction['verdict']}`; price `{price['verdict']}` (n {price['n']}, "
        f"MAPE {_number(price['mape'], 5)}, naive {_number(price['naive_mape'], 5)}); "
        f"classes n {classes['n']}, accuracy {_number(classes['accuracy'])}, "
        f"naive {_number(classes['naive'])}, RPSS {_number(classes['rpss'], 4)}."
    )


def _share(block: dict[str, Any], key: str) -> str:
    span = "" if block["low"] is None else f" [{block['low']:.3f}, {block['high']:.3f}]"
    return _number(block[key]) + span


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
