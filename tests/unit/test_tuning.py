"""Tuning: what is drawn, what the candidates may see, how they are scored, and when one is believed."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from statistics import NormalDist

import _fleet
import numpy as np
import pytest

from stockml import training
from stockml.bars.series import Bars
from stockml.evaluation import metrics
from stockml.evidence import BETTER_T, better_t
from stockml.models import shrinkage
from stockml.models.inputs import Inputs
from stockml.tuning import choice, scoring, search, space
from stockml.tuning.scoring import Forecasts, Gains
from stockml.tuning.search import Candidate, Found, Ladder

SPACE = {"rate": (1e-4, 1e-1, "log"), "share": (0.2, 0.8, "linear"), "leaves": (3, 5, "int"), "kind": ("a", "b")}
CONFIGURED = {"rate": 0.5, "other": 7}
PLAN = _fleet.plan(
    options={"rounds": 1, "strength": 1e-9, "min_data_in_leaf": 30},
    refit_sessions=110,
    folds=3,
    windows=2,
    horizons=(1,),
    families=("price",),
    window_sessions=700,
)
HUNDRED = dataclasses.replace(PLAN, refit_sessions=100)


class TestDrawing:
    def test_the_configured_options_come_first_and_the_others_keep_what_is_not_in_the_space(self) -> None:
        points = space.draw(SPACE, CONFIGURED, 30, 1)
        assert points[0] == CONFIGURED and len(points) == 30
        assert all(point["other"] == 7 and set(point) == {*SPACE, "other"} for point in points[1:])

    def test_every_value_lies_in_its_range_and_the_ends_of_whole_numbers_are_reached(self) -> None:
        points = space.draw(SPACE, CONFIGURED, 200, 1)[1:]
        assert all(1e-4 <= one["rate"] <= 1e-1 and 0.2 <= one["share"] <= 0.8 for one in points)
        assert {one["leaves"] for one in points} == {3, 4, 5} and {one["kind"] for one in points} == {"a", "b"}
        below = sum(one["rate"] < 10**-2.5 for one in points)  # the middle of a logarithmic range
        assert 70 < below < 130  # 100 of 200, give or take four standard errors of 7

    def test_fewer_points_are_the_first_of_more(self) -> None:
        assert space.draw(SPACE, CONFIGURED, 5, 1) == space.draw(SPACE, CONFIGURED, 9, 1)[:5]
        assert space.draw(SPACE, CONFIGURED, 5, 1) != space.draw(SPACE, CONFIGURED, 5, 2)

    def test_a_space_with_few_points_gives_each_once_and_an_empty_one_none(self) -> None:
        points = space.draw({"kind": ("a", "b")}, {"kind": "a"}, 50, 1)
        assert points == [{"kind": "a"}, {"kind": "b"}]
        assert space.draw({}, CONFIGURED, 50, 1) == [CONFIGURED]


class TestLadder:
    def test_twenty_candidates_are_thinned_to_a_third_of_the_challengers_at_each_rung(self) -> None:
        made = search.ladder(HUNDRED, 1000, 20)
        assert made.folds == (1, 2, 3) and made.counts == (20, 8, 4)  # 19 -> 7 -> 3, and the configured one
        assert made.shares() == pytest.approx([20 / 32, 28 / 32, 1.0])

    def test_everything_ends_where_the_held_out_windows_begin(self) -> None:
        made = search.ladder(HUNDRED, 1000, 20)
        assert made.through == training.windows(HUNDRED, 1000)[0][0] == 800
        assert made.begins == (700, 600, 500)

    @pytest.mark.parametrize(("cut", "folds"), [(1000, (1, 2, 3)), (450, (1, 2)), (310, (1,)), (250, ()), (50, ())])
    def test_a_short_history_has_fewer_rungs(self, cut: int, folds: tuple[int, ...]) -> None:
        assert search.ladder(HUNDRED, cut, 4).folds == folds


@functools.cache
def bars() -> dict[str, Bars]:
    return _fleet.fleet(5, 1500, edge=0.5)


@functools.cache
def fleet_inputs() -> Inputs:
    return _fleet.build(bars(), PLAN)


@functools.cache
def found(trials: int = 5) -> Found:
    inputs = fleet_inputs()
    return search.search(inputs, PLAN, len(inputs.sessions) - 1, trials)


class TestSearch:
    def test_options_that_can_use_a_planted_edge_are_accepted_over_some_that_cannot(self) -> None:
        """Returns carry over to the next session by 0.5, and the configured options are all but a base rate."""
        chosen = choice.choose(found())
        assert chosen.accepted and chosen.best is not None and chosen.best.number > 0
        assert chosen.t is not None and chosen.t > chosen.needed > BETTER_T
        # Five of six half folds of 55 sessions, less the session whose outcome was not known.
        assert chosen.chosen is chosen.best and chosen.dates == 274

    def test_the_same_search_gives_the_same_scores_whatever_runs_it(self) -> None:
        inputs = fleet_inputs()
        again = search.search(inputs, PLAN, len(inputs.sessions) - 1, 5, run=backwards)
        assert [(one.number, one.score) for one in again.last] == [(one.number, one.score) for one in found().last]

    def test_nothing_that_happened_in_the_held_out_windows_moves_a_score(self) -> None:
        """Bars after the beginning of the windows are replaced by others; the scores stay, to the bit."""
        inputs = fleet_inputs()
        day, cut = int(inputs.sessions[found().ladder.through]), len(inputs.sessions) - 1
        assert day < int(inputs.sessions[-150])
        other = search.search(_fleet.build(changed_after(day), PLAN), PLAN, cut, 5)
        for one, same in zip(found().last, other.last, strict=True):
            assert one.gains is not None and same.gains is not None
            assert one.number == same.number and _fleet.same_bits(one.gains.gain, same.gains.gain)

    def test_earlier_outcomes_do_move_the_scores(self) -> None:
        """The control of the test before: bars change 60 sessions before the windows begin."""
        inputs = fleet_inputs()
        day = int(inputs.sessions[found().ladder.through - 60])
        other = search.search(_fleet.build(changed_after(day), PLAN), PLAN, len(inputs.sessions) - 1, 5)
        assert {one.score for one in found().last}.isdisjoint({one.score for one in other.last})

    def test_folds_of_the_accepted_candidate_are_those_that_training_would_fit(self) -> None:
        inputs, best = fleet_inputs(), found().last[1]
        fresh: training.Memo = {}
        training.fit_folds(inputs, best.plan, found().ladder.begins, fresh)
        assert fresh == best.memo

    def test_a_time_limit_leaves_candidates_out_but_never_the_configured_one(self) -> None:
        inputs, begun = fleet_inputs(), []
        ticks = itertools.count()
        made = search.search(
            inputs, PLAN, len(inputs.sessions) - 1, 5, time_limit_s=6.0, note=begun.append, elapsed=lambda: next(ticks)
        )  # rungs of 5, 3 and 2 candidates: the first may use half of six ticks
        assert made.late and made.tried == len(begun) < 5 and made.last[0].number == 0
        none = search.search(inputs, PLAN, len(inputs.sessions) - 1, 5, time_limit_s=0.0, elapsed=lambda: next(ticks))
        assert none.tried == 1 and choice.choose(none).reason == "there was no other candidate; 1 tried"

    def test_a_recipe_without_features_or_a_short_history_keeps_what_is_configured(self) -> None:
        inputs, naive = fleet_inputs(), _fleet.plan("naive")
        made = search.search(_fleet.build(bars(), naive), naive, 1200, 5)
        assert made.tried == 1 and not choice.choose(made).accepted
        short = search.search(inputs, PLAN, 150, 5)
        assert short.last == () and short.tried == 0 and not choice.choose(short).accepted


def backwards(tasks):  # type: ignore[no-untyped-def]
    return [task() for task in reversed(tasks)][::-1]


def changed_after(day: int) -> dict[str, Bars]:
    """The fleet with the prices after a day turned round: what rose now falls."""
    out = {}
    for symbol, one in bars().items():
        later = one.session > day
        last = one.close[~later][-1]
        columns = {
            name: np.where(later, last**2 / getattr(one, name) * 1.01, getattr(one, name)) for name in ("open", "close")
        }
        high = np.maximum(one.high * 0, np.maximum(columns["open"], columns["close"])) * 1.002
        low = np.minimum(columns["open"], columns["close"]) * 0.998
        columns |= {"high": np.where(later, high, one.high), "low": np.where(later, low, one.low)}
        out[symbol] = dataclasses.replace(one, **columns)
    return out


class TestScore:
    def rows(self, seed: int = 1, each: int = 20) -> Forecasts:
        """Forecasts over the sessions 1..100 of a fold fitted at 0, `each` a session, known a session later."""
        rng = np.random.default_rng(seed)
        place = np.repeat(np.arange(1, 101), each)
        odds = shrinkage.logit(0.55) + rng.normal(size=len(place))
        up = rng.random(len(place)) < shrinkage.shrink(odds, 0.55, 0.5)
        return Forecasts(odds, up, np.full(len(place), 0.55), place, place + 1)

    def test_the_first_half_fold_teaches_the_shrinkage_by_which_the_second_is_scored(self) -> None:
        rows = self.rows()
        made = scoring.gains(rows, HUNDRED, [0])
        assert made is not None and made.place.tolist() == list(range(51, 101))
        taught, judged = rows.known <= 50, rows.place > 50
        k = shrinkage.fit(rows.odds[taught], rows.up[taught].astype(float), rows.base[taught])
        assert 0.3 < k < 0.7  # drawn with 0.5
        model = metrics.log_losses(shrinkage.shrink(rows.odds[judged], 0.55, k), rows.up[judged])
        naive = metrics.log_losses(rows.base[judged], rows.up[judged])
        assert made.gain.mean() == pytest.approx(1 - model.mean() / naive.mean())  # as many rows each session

    def test_no_outcome_after_a_block_begins_moves_the_score_of_an_earlier_one(self) -> None:
        rows = self.rows()
        shifted = [part + 100 if name in ("place", "known") else part for name, part in rows._asdict().items()]
        whole = Forecasts(*(np.concatenate(pair) for pair in zip(rows, shifted, strict=True)))
        flipped = whole._replace(up=np.where(whole.place > 150, ~whole.up, whole.up))
        one, other = (scoring.gains(one, HUNDRED, [100, 0]) for one in (whole, flipped))
        assert one is not None and other is not None and len(one.gain) == 150
        ahead = one.gain[:100] / one.gain[:100].mean(), other.gain[:100] / other.gain[:100].mean()
        assert ahead[0] == pytest.approx(ahead[1])  # but for the scale, which the mean base loss sets

    def test_scores_that_know_nothing_gain_nothing(self) -> None:
        rows = self.rows()
        wrong = rows._replace(odds=2 * shrinkage.logit(0.55) - rows.odds)  # pointing the wrong way: k is 0
        made = scoring.gains(wrong, HUNDRED, [0])
        assert made is not None and not made.gain.any()

    def test_log_loss_is_the_logarithm_of_what_was_given_to_the_outcome(self) -> None:
        from sklearn.metrics import log_loss

        p, up = np.array([0.9, 0.2, 0.5]), np.array([True, True, False])
        assert metrics.log_losses(p, up).mean() == pytest.approx(log_loss(up, p))


def told(*columns: np.ndarray, tried: int | None = None) -> Found:
    """A last rung with given gains, the configured options first."""
    plan = dataclasses.replace(PLAN, horizons=(1,))
    made = tuple(Candidate(number, plan, {}, Gains(np.arange(len(gain)), gain)) for number, gain in enumerate(columns))
    return Found(Ladder(0, (), (), ()), made, len(columns) if tried is None else tried, False)


class TestChoice:
    def test_many_tries_need_more_evidence_so_that_all_together_err_as_seldom_as_one(self) -> None:
        """Sidak: Phi(t)^m = Phi(2.33). For 19 comparisons 3.277 (a normal table at 1 - 0.0099 / 19: 3.28)."""
        normal = NormalDist()
        assert better_t(1) == pytest.approx(BETTER_T) and better_t(0) == better_t(1)
        assert better_t(19) == pytest.approx(3.277, abs=0.001)
        assert normal.cdf(better_t(50)) ** 50 == pytest.approx(normal.cdf(BETTER_T))

    def test_a_t_that_would_do_for_one_try_does_not_for_twenty(self) -> None:
        rng = np.random.default_rng(3)
        usual = rng.normal(size=600)
        better = usual + rng.normal(size=600) + 0.12
        few, many = choice.choose(told(usual, better)), choice.choose(told(usual, better, tried=20))
        assert few.t is not None and BETTER_T < few.t < better_t(19)
        assert few.accepted and not many.accepted and "no candidate was credibly better" in many.reason

    def test_too_few_sessions_cannot_tell_however_good(self) -> None:
        usual = np.random.default_rng(1).normal(size=249)
        made = choice.choose(told(usual, usual + 1.0 + np.linspace(0, 0.1, 249)))
        assert not made.accepted and "249 sessions cannot tell" in made.reason

    def test_configured_options_with_the_best_score_stay(self) -> None:
        usual = np.random.default_rng(1).normal(size=400)
        made = choice.choose(told(usual, usual - 0.1))
        assert not made.accepted and made.chosen is made.best and made.t is None

    def test_the_best_of_twenty_without_skill_is_hardly_ever_accepted(self) -> None:
        """The stated rate is 1 % of searches; 400 searches give at most 10 (2.5 %: three standard errors above)."""
        rng = np.random.default_rng(8)
        accepted = 0
        for _ in range(400):
            usual = rng.normal(size=300)
            accepted += choice.choose(told(usual, *(usual + rng.normal(size=(19, 300))))).accepted
        assert accepted <= 10
