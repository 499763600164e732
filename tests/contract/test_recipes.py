"""What every recipe must do, whoever adds it: the folder is the list."""

from __future__ import annotations

import _fleet
import numpy as np
import pytest

from stockml.errors import ConfigError
from stockml.models import recipes
from stockml.models.recipe import Sample, options_of

RECIPES = recipes.names()
SYMBOLS = ("AAA", "BBB")


def sample(seed: int = 1, count: int = 3000) -> Sample:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(8, count)).astype(np.float32)
    rows[rng.random(rows.shape) < 0.05] = np.nan
    up = (np.nan_to_num(rows[0]) + rng.normal(size=count) > 0).astype(np.float64)
    names = tuple(f"f{place}" for place in range(8))
    return Sample(names, SYMBOLS, rows, up, np.repeat(np.arange(2, dtype=np.int32), count // 2))


def small(name: str) -> dict[str, object]:
    made = options_of(recipes.load(name), name, {})
    return {**made, "rounds": 10} if "rounds" in made else made


@pytest.mark.parametrize("name", RECIPES)
class TestEveryRecipe:
    def test_says_what_it_is(self, name: str) -> None:
        recipe = recipes.load(name)
        assert recipe.MEANING and recipe.VOLATILITY in ("har", "ewma") and isinstance(recipe.USES_FEATURES, bool)

    def test_gives_the_same_bytes_for_the_same_rows_and_seed(self, name: str) -> None:
        fits = [recipes.load(name).fit(sample(), horizon=1, seed=7, options=small(name)) for _ in range(2)]
        assert fits[0] == fits[1]
        assert all(isinstance(content, bytes) and "1" in file for file, content in fits[0].items())

    def test_stores_plain_text_and_no_pickle(self, name: str) -> None:
        for file, content in recipes.load(name).fit(sample(), horizon=1, seed=7, options=small(name)).items():
            assert file.endswith((".txt", ".json", ".npy", ".safetensors"))
            assert not content.startswith(b"\x80")

    def test_serves_each_symbol_with_the_files_its_scorer_needs(self, name: str) -> None:
        recipe = recipes.load(name)
        made = recipe.fit(sample(), horizon=1, seed=7, options=small(name))
        for symbol in SYMBOLS:
            own = {file: content for file, content in made.items() if recipe.serves(file, symbol)}
            whole, lean = recipe.scorer(made, 1, symbol), recipe.scorer(own, 1, symbol)
            assert (whole is None) is (lean is None) is (not made)
            if whole is not None and lean is not None:
                assert _fleet.same_bits(whole(sample(2).rows), lean(sample(2).rows))

    def test_scores_one_row_like_many(self, name: str) -> None:
        recipe, rows = recipes.load(name), sample(3, 40).rows
        scorer = recipe.scorer(recipe.fit(sample(), horizon=1, seed=7, options=small(name)), 1, "AAA")
        if scorer is not None:
            assert [scorer(rows[:, [i]])[0] for i in range(40)] == scorer(rows).tolist()

    def test_fits_nothing_rather_than_fail_on_too_little(self, name: str) -> None:
        recipe = recipes.load(name)
        few, one_sided = sample(count=20), sample()
        assert recipe.fit(few, horizon=1, seed=7, options=small(name)) == {}
        always = Sample(one_sided.names, SYMBOLS, one_sided.rows, np.ones(3000), one_sided.symbol)
        assert recipe.fit(always, horizon=1, seed=7, options=small(name)) == {}
        assert recipe.scorer({}, 1, "AAA") is None

    def test_may_only_be_tuned_in_options_it_has_and_around_their_defaults(self, name: str) -> None:
        recipe = recipes.load(name)
        for option, spec in recipe.SPACE.items():
            ranged = len(spec) == 3 and spec[2] in ("log", "linear", "int")
            default = recipe.OPTIONS[option]
            assert spec[0] <= default <= spec[1] if ranged else default in spec

    def test_tells_how_much_each_feature_counts_and_finds_the_one_that_does(self, name: str) -> None:
        recipe = recipes.load(name)
        made = recipe.fit(sample(), horizon=1, seed=7, options=small(name))
        for figures in (recipe.gains, recipe.weights):
            found = figures(made, 1, "AAA")
            assert figures({}, 1, "AAA") is None and (found is None or made)
            if found is not None:  # the label of `sample` follows the first of eight features
                assert found.shape == (8,) and (found >= 0).all() and found.argmax() == 0

    def test_refuses_an_option_it_does_not_have(self, name: str) -> None:
        with pytest.raises(ConfigError, match="no such option"):
            options_of(recipes.load(name), name, {"no_such": 1})
