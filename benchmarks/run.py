"""Runs the benchmarks of this folder: `python benchmarks/run.py [NAME...] [--quick] [--json]`."""

from __future__ import annotations

import argparse
import compileall
import contextlib
import importlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from _figures import Figure  # noqa: E402

WIDTH = 72


def names() -> list[str]:
    """The benchmarks: every file of the folder that defines `measure`."""
    found = sorted(path for path in HERE.glob("*.py") if not path.name.startswith("_") and path.name != "run.py")
    return [path.stem for path in found if "\ndef measure(" in path.read_text(encoding="utf-8")]


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the benchmarks; exit 1 if a limit is not held.")
    parser.add_argument("name", nargs="*", help="which ones; all by default")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller fleets; limits mean less")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of the table")
    asked = parser.parse_args()
    strange = sorted(set(asked.name) - set(names()))
    if strange:
        parser.error(f"no benchmark {strange[0]!r}; there are {', '.join(names())}")
    compile_package()
    broken = False
    if not asked.json:
        print(machine() + "\n")
    for name in asked.name or names():
        for figure in figures(name, asked.quick):
            tell(name, figure, asked.json)
            broken |= not figure.held
    return int(broken)


def figures(name: str, quick: bool) -> Iterator[Figure]:
    """The figures of one benchmark; one that breaks is told as not held, and the others still run."""
    limit_missed = 0.0
    try:
        yield from importlib.import_module(name).measure(quick)
    except Exception as error:  # noqa: BLE001 - the next benchmark must still run
        yield Figure(f"{name} broke", float("inf"), limit_missed, f"{type(error).__name__}: {error}")


def compile_package() -> None:
    """Write the byte code an installation would have; without it every start-up is timed as the first ever."""
    import stockml

    with contextlib.redirect_stdout(sys.stderr):
        compileall.compile_dir(Path(str(stockml.__file__)).parent, quiet=1, workers=1)


def tell(name: str, figure: Figure, as_json: bool) -> None:
    if as_json:
        shown: dict[str, Any] = {"benchmark": name, **figure.as_json()}
        if figure.ratio is not None and figure.ratio == float("inf"):
            shown["ratio"] = None
        print(json.dumps(shown), flush=True)
        return
    ratio = "" if figure.ratio is None else f"{figure.ratio:.3f}"
    limit = "" if figure.limit is None else f"{figure.limit:g}"
    print(f"{figure.name:<{WIDTH}} {ratio:>8} {limit:>6}  {verdict(figure)}\n    {figure.detail}", flush=True)


def verdict(figure: Figure) -> str:
    if figure.ratio is None:
        return "skipped"
    if figure.limit is None:
        return "orientation"
    return "held" if figure.held else "NOT HELD"


def machine() -> str:
    """What these figures were measured on, and how busy it was."""
    model = "unknown processor"
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    version = ".".join(str(part) for part in sys.version_info[:3])
    load = ", ".join(f"{one:.2f}" for one in os.getloadavg())
    return f"{os.cpu_count()} x {model}, Python {version}, load average {load}"


if __name__ == "__main__":
    sys.exit(main())
