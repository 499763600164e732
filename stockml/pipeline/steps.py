"""The first steps that training, evaluation and prediction share: bars up to the clock, fleet, plan, inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stockml.bars import health, reader, update
from stockml.clock import from_day
from stockml.environment import Environment
from stockml.models import recipes
from stockml.pace import Tell, silent
from stockml.pipeline import memory

if TYPE_CHECKING:
    from stockml.bars.series import Series
    from stockml.models.inputs import Inputs
    from stockml.training import Plan


def collect(env: Environment, tell: Tell = silent) -> list[update.Result]:
    """Bring the store up to the clock for the fleet and its benchmark. Returns an outcome per symbol."""

    def progress(symbol: str, done: int, total: int) -> None:
        tell("collect", done, total, symbol)

    return update.bring_up(
        env.market,
        env.config,
        env.workspace,
        env.clock,
        fleet_and_benchmark(env),
        offline=env.offline,
        progress=progress,
    )


def source_is_down(outcomes: Sequence[update.Result]) -> bool:
    """Whether no symbol could be asked for: the sources failed, whatever was wanted of them."""
    return bool(outcomes) and all(one.outcome in update.DOWN for one in outcomes)


def fleet_and_benchmark(env: Environment) -> list[str]:
    """The symbols whose bars are needed. The sample alone is not asked for a benchmark: it has no index."""
    config = env.config
    everyone, benchmark = list(config.symbols), config.data.benchmark
    if benchmark and benchmark not in everyone and config.data.providers != ("sample",):
        everyone.append(benchmark)
    return everyone


def read_fleet(env: Environment) -> dict[str, Series]:
    """The adjusted bars of the fleet and its benchmark as of the clock."""
    symbols = list(env.config.symbols)
    if env.config.data.benchmark and env.config.data.benchmark not in symbols:
        symbols.append(env.config.data.benchmark)
    return reader.read_series(env.market, env.config, symbols, env.clock)


def plan_of(env: Environment, *, recipe: str | None = None, quick: bool = False) -> Plan:
    """The plan the configuration asks for."""
    from stockml.training import SESSIONS_A_YEAR, Plan

    config = env.config
    name = recipe or config.model.recipe
    options = dict(config.model.options) if name == config.model.recipe else {}
    if quick and "rounds" in recipes.load(name).OPTIONS:
        options["rounds"] = 10
    families = config.features.families if recipes.load(name).USES_FEATURES else ()
    return Plan(
        recipe=name, options=options, horizons=tuple(config.horizons), families=tuple(families),
        extra=tuple(config.features.extra) if families else (), benchmark=config.data.benchmark,
        refit_sessions=config.validation.refit_sessions,
        window_sessions=round(config.validation.window_years * SESSIONS_A_YEAR),
        embargo=config.validation.embargo, seed=config.validation.seed, folds=1 if quick else 3,
        windows=1 if quick else config.validation.windows,
    )  # fmt: skip


def build_inputs(env: Environment, plan: Plan, series: dict[str, Series]) -> Inputs:
    return inputs_of(env, series, tuple(env.config.symbols), plan.benchmark, plan.families, plan.extra)


def inputs_of(
    env: Environment, series: Mapping[str, Series], fleet: tuple[str, ...], benchmark: str | None,
    families: tuple[str, ...], extra: tuple[dict[str, Any], ...], since: int | None = None,
) -> Inputs:  # fmt: skip
    """The inputs of a fleet as some recipe wants them. `since` (a day) may leave out feature rows before it."""
    return memory.of(env).inputs(series, fleet, benchmark, families, extra, since)


def stale_reason(env: Environment, symbol: str, series: Series | None) -> str:
    """Why a symbol's sound bars are too old to forecast from, or an empty string.

    Newest bars that are not sound count as not there: what is left is stale.
    """
    return old_reason(env, symbol, series) or unhealthy_reason(env, symbol)


def unhealthy_reason(env: Environment, symbol: str) -> str:
    """Why a symbol's newest bars are not sound (`data.health`), or an empty string."""
    return health.blocked(env.market, env.config, symbol, env.cut_day(symbol), env.clock)


def common_causes(env: Environment) -> list[str]:
    """What most of the fleet suffers at once, as warnings that name the source."""
    cuts = reader.cut_days(env.market, env.config, env.config.symbols, env.clock)
    return health.shared(env.market, env.config, cuts, env.clock)


def old_reason(env: Environment, symbol: str, series: Series | None) -> str:
    """Why a symbol's bars are too old to use, or an empty string."""
    if series is None or not len(series):
        return "no bars"
    lag = env.lag_sessions(symbol, int(series.session[-1]))
    limit = env.config.data.max_stale_sessions
    if lag > limit:
        return f"newest bar is of {from_day(series.session[-1])}, {lag} sessions old; at most {limit} are allowed"
    return ""


def benchmark_warning(env: Environment, inputs: Inputs) -> list[str]:
    """Say so where the fleet's mean return stands in for a benchmark without bars."""
    name = env.config.data.benchmark
    if not name or not inputs.market_is_fleet:
        return []
    return [f"benchmark {name} has no bars: the fleet's mean return stands in"]
