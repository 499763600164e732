"""The look-ahead audit of the configured procedure, made once for each state of features, recipe and code."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import stockml
from stockml import files, logbook
from stockml.audit import procedure, subject, verdict
from stockml.bars.series import Series
from stockml.clock import from_day, stamp
from stockml.environment import Environment
from stockml.features.catalogue import catalogue
from stockml.ledger import audits
from stockml.pace import Tell, silent
from stockml.pipeline import memory, steps
from stockml.training import Plan

ROOMS = ("features", "targets", "models", "training.py", "evaluation/walkforward.py", "bars/series.py")
LIBRARIES = ("TA-Lib", "pandas-ta-classic")  # an indicator may change with them


def audit(
    env: Environment, symbols: Sequence[str], *, full: bool = False, recipe: str | None = None,
    tell: Tell = silent,
) -> tuple[dict[str, Any], list[str]]:  # fmt: skip
    """Audit anew and record it; (the result of the contract, warnings). Named symbols are audited, not recorded."""
    steps.collect(env, tell)
    plan = steps.plan_of(env, recipe=recipe)
    found = _audit(env, plan, steps.read_fleet(env), symbols or env.config.symbols, full, tell)
    if not symbols:
        audits.record(env.ledger, found["fingerprint"], found, env.clock)
    return found, steps.common_causes(env)


def ensure(
    env: Environment, plan: Plan, series: Mapping[str, Series], events: logbook.Events | None = None
) -> dict[str, Any]:
    """The audit of this procedure as of the clock: the recorded one, or else a new one, recorded.

    Returns {"passed", "verdict", "detail", "checks", "control", "fingerprint", "at", "subject"}. An inconclusive
    one is made anew once the clock has moved: there may be more bars by then.
    """
    mark = fingerprint(plan, _names(plan))
    known = audits.newest(env.ledger, mark, env.clock)
    if known and (known["verdict"] != verdict.INCONCLUSIVE or known["at"] == stamp(env.clock.now())):
        passed = known["verdict"] == verdict.PASSED
        detail = verdict.conclude(known["checks"], known["control"])[1]
        return {"passed": passed, "detail": detail, "fingerprint": mark, **known}
    if events:
        events.stage("features", 0.0, "look-ahead audit: features, recipe or code are new")
    found = memory.of(env).audited(mark, series, lambda: _audit(env, plan, series, env.config.symbols, False))
    audits.record(env.ledger, mark, found, env.clock)
    return found


def fingerprint(plan: Plan, names: Sequence[str]) -> str:
    """sha256 over what decides whether the procedure sees the future: features, recipe, horizons and the code itself.

    A changed body of a feature changes it, and so does another library of indicators. What only decides how much
    is fitted (windows, refits, seed) is left out.
    """
    chosen = {
        "features": list(names), "families": list(plan.families), "extra": list(plan.extra), "recipe": plan.recipe,
        "options": plan.effective_options(), "horizons": list(plan.horizons), "embargo": plan.embargo,
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
    }  # fmt: skip
    digest = hashlib.sha256(files.canonical_json(chosen))
    root = Path(str(stockml.__file__)).parent
    for path in sorted(one for room in ROOMS for one in _sources(root / room)):
        digest.update(f"\n{path.relative_to(root).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def _names(plan: Plan) -> tuple[str, ...]:
    return tuple(one.name for one in catalogue(plan.families)) if plan.families else ()


def _audit(
    env: Environment, plan: Plan, series: Mapping[str, Series], symbols: Sequence[str], full: bool,
    tell: Tell = silent,
) -> dict[str, Any]:  # fmt: skip
    chosen = subject.choose(procedure.real(), series, symbols, plan, full=full, seed=plan.seed)
    span = [from_day(chosen.day(place)).isoformat() for place in (0, -1)]
    told = {"symbols": list(chosen.symbols), "span": span, "recipe": plan.recipe, "full": full}
    return {
        **verdict.reach(chosen, tell),
        "fingerprint": fingerprint(plan, _names(plan)),
        "at": stamp(env.clock.now()),
        "subject": told,
    }
