"""List the features: family, meaning, look-back, and whether they see the future."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from stockml.cli._frame import Call, Outcome, verb

if TYPE_CHECKING:
    from stockml.bars.series import Series
    from stockml.errors import StockmlError
    from stockml.features.catalogue import Feature

BARS, SYMBOLS = 1500, 5  # enough to check on, few enough to be quick
SEED = 7


@verb(click.option("--no-check", is_flag=True, help="Do not check causality; only list."))
def command(call: Call, no_check: bool) -> Outcome:
    """List the features the configuration asks for, and check that none of them sees the future.

    The check runs on stored bars, or on a seeded random walk where there are none. Works without a workspace
    too. The exit status is 1 if a feature fails.
    """
    from stockml.config.schema import Config
    from stockml.errors import DONE, PARTIAL
    from stockml.features.catalogue import catalogue
    from stockml.view import features as view

    env = call.environment() if call.workspace.config_file.exists() else None
    config = env.config if env else Config()
    chosen = catalogue(config.features.families)
    fleet, where = ([], None) if no_check and not config.features.extra else _fleet(call)
    wrong = {} if no_check else _problems(fleet, chosen)
    listed = [
        {
            "name": one.name, "family": one.family, "look_back": one.look_back, "meaning": one.meaning,
            "causal": None if no_check else one.name not in wrong,
        }
        for one in chosen
    ]  # fmt: skip
    more, errors = _extra(config.features.extra, fleet)
    warnings = [f"{name}: {problem}" for name, problem in wrong.items()]
    listed += more
    return Outcome(
        {"count": len(listed), "features": listed}, view.table(listed, None if no_check else where),
        PARTIAL if wrong or errors else DONE, warnings, errors,
    )  # fmt: skip


def _fleet(call: Call) -> tuple[list[Series], str | None]:
    """The longest stored series, newest bars, longest first; or random walks. And what they are called."""
    from stockml.bars import reader
    from stockml.features import causality

    found: list[Series] = []
    if call.opened is not None and call.workspace.market_file.exists():
        env = call.opened
        found = list(reader.read_series(env.market, env.config, env.config.symbols, env.clock).values())
        found = sorted((one for one in found if len(one) > causality.WARM_UP + 100), key=len, reverse=True)
    if not found:
        return _walks(), f"a random walk (seed {SEED})"
    found = [causality.slice_of(one, max(0, len(one) - BARS), len(one)) for one in found[:SYMBOLS]]
    return found, f"the stored bars of {found[0].symbol}"


def _walks() -> list[Series]:
    """Random walks with a range around each close and lognormal volume, from a fixed seed."""
    import numpy as np

    from stockml.bars.series import Series

    rng = np.random.default_rng(SEED)
    session = np.busday_offset(np.datetime64("2000-01-03"), np.arange(BARS)).astype("datetime64[D]").astype(np.int32)
    made = []
    for place in range(SYMBOLS):
        close = 50.0 * np.exp(np.cumsum(0.015 * rng.standard_normal(BARS)))
        start = close * np.exp(0.005 * rng.standard_normal(BARS))
        high = np.maximum(start, close) * np.exp(0.004 * np.abs(rng.standard_normal(BARS)))
        low = np.minimum(start, close) * np.exp(-0.004 * np.abs(rng.standard_normal(BARS)))
        volume = np.exp(14.0 + 0.4 * rng.standard_normal(BARS))
        made.append(Series(f"WALK{place}", session, start, high, low, close, volume, close))
    return made


def _problems(fleet: Sequence[Series], chosen: Sequence[Feature]) -> dict[str, str]:
    """The features that fail the causality check on the first series of a fleet, each with its first problem.

    Functions are checked as a whole; only where one fails are its columns checked one by one.
    """
    from stockml.features import causality, market, ranks
    from stockml.features.catalogue import groups

    series, others = fleet[0], fleet[1:]
    wrong: dict[str, str] = {}

    def judge(names: Sequence[str], compute: Callable[[Series], list[Any]]) -> None:
        if not causality.problems(compute, series):
            return
        for place, name in enumerate(names):
            single = causality.problems(lambda one, place=place: [compute(one)[place]], series)  # type: ignore[misc]
            if single:
                wrong[name] = single[0]

    def beside(one: Series) -> list[Series]:
        """The series and the others, cut to the same days."""
        first, last = one.session[0], one.session[-1]
        spans = [(o, *o.session.searchsorted([first, last + 1]).tolist()) for o in others]
        return [one, *(causality.slice_of(other, start, stop) for other, start, stop in spans)]

    families = tuple(dict.fromkeys(one.family for one in chosen))
    for group in groups(families):
        judge([one.name for one in group.features], lambda one, group=group: _columns(group, one))  # type: ignore[misc]
    for group in groups(families, True):
        judge(
            [one.name for one in group.features],
            lambda one, group=group: _columns(group, one, market.context(beside(one), None)),  # type: ignore[misc]
        )
    if ranks.FAMILY in families:
        judge([one.name for one in ranks.features()], lambda one: _ranks(beside(one)))
    return wrong


def _columns(group: Any, series: Series, *context: Any) -> list[Any]:
    """The columns of one function as the matrix would have them, in float64: NaN before their look-back."""
    import numpy as np

    if len(series) <= group.shortest:
        return [np.full(len(series), np.nan) for _ in group.features]
    with np.errstate(all="ignore"):
        result = group.compute(series, *context)
    made = [np.array(one) for one in ((result,) if isinstance(result, np.ndarray) else result)]
    for feature, column in zip(group.features, made, strict=True):
        column[: feature.look_back] = np.nan
        column[~np.isfinite(column)] = np.nan
    return made


def _ranks(fleet: Sequence[Series]) -> list[Any]:
    import numpy as np

    from stockml.features import ranks

    nothing = [np.empty((0, len(one)), dtype=np.float32) for one in fleet]
    values = [ranks.sources(one, block, (), 0) for one, block in zip(fleet, nothing, strict=True)]
    into = [np.empty_like(one) for one in values]
    ranks.fill([one.session for one in fleet], values, into)
    return list(into[0])


def _extra(
    wanted: Sequence[dict[str, Any]], fleet: Sequence[Series]
) -> tuple[list[dict[str, Any]], list[StockmlError]]:
    """The extra indicators, which are checked before any use; one that fails is listed as not causal."""
    import numpy as np

    from stockml.errors import ConfigError
    from stockml.features import extra

    listed: list[dict[str, Any]] = []
    errors: list[StockmlError] = []
    for entry in wanted:
        options = ", ".join(f"{key} {value}" for key, value in entry.items() if key != "indicator")
        meaning = f"{entry.get('indicator')} of pandas-ta-classic" + (f" with {options}" if options else "")
        try:
            (made,) = extra.prepare([entry], fleet).indicators
        except ConfigError as error:
            errors.append(error)
            failed = {"name": f"extra_{entry.get('indicator')}", "look_back": 0, "causal": False}
            listed.append({**failed, "family": "extra", "meaning": f"{meaning}; refused"})
            continue
        for name, column in zip(made.names, made.columns(fleet[0]), strict=True):
            there = np.flatnonzero(np.isfinite(column))
            look_back = int(there[0]) if len(there) else len(column)
            listed.append({"name": name, "family": "extra", "look_back": look_back, "meaning": meaning, "causal": True})
    return listed, errors
