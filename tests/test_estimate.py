from typing import Any

import pytest

from recycler.datasets.summary import Summary
from recycler.estimate import Estimate, estimate
from recycler.recipe import Recipe, load_recipe
from recycler.settings import PROJECT, settings

THESIS = load_recipe(PROJECT / "recipes" / "thesis" / "fine_tuning.yaml")
PHOTOS = Summary({"a": 3000, "b": 3000}, 5000, 1000, 1000, ())


def of(photos: Summary = PHOTOS, recipe: Recipe = THESIS, **parts: Any) -> Estimate:
    return estimate(Recipe.model_validate(recipe.model_dump() | parts), photos, 32)


def stages(**changes: Any) -> list[dict[str, Any]]:
    return [stage.model_dump() | changes for stage in THESIS.stages]


def test_more_photos_take_longer_and_more_disk() -> None:
    twice = of(Summary({"a": 6000, "b": 6000}, 10_000, 2000, 2000, ()))
    assert 1.7 < twice.seconds / of().seconds < 2.1
    assert twice.disk_bytes == 2 * of().disk_bytes
    assert twice.memory_bytes == of().memory_bytes


def test_a_stage_that_cannot_stop_early_takes_what_it_takes_at_most() -> None:
    assert of().seconds < of().most_seconds
    steady = of(stages=stages(patience=None))
    assert steady.seconds == steady.most_seconds == of().most_seconds


def test_activations_that_are_not_kept_are_computed_each_epoch() -> None:
    fresh = of(stages=stages(cache=False))
    assert fresh.disk_bytes == 0
    assert fresh.seconds > 1.3 * of().seconds


def test_activations_that_are_too_large_for_the_cache_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = of()
    monkeypatch.setenv("RECYCLER_CACHE_GIGABYTES", "1")
    settings.cache_clear()
    assert of().disk_bytes < 1e9 < kept.disk_bytes
    assert of().seconds > kept.seconds


def test_stages_that_are_cut_alike_share_what_was_computed() -> None:
    once = of(stages=stages(method="feature_extraction", unfreeze_layers=0)[:1])
    twice = of(stages=stages(method="feature_extraction", unfreeze_layers=0))
    assert twice.disk_bytes == once.disk_bytes


def test_one_pass_is_for_the_head_and_the_fine_tuning_after_it() -> None:
    both, tuned = of().most_seconds, of(stages=stages()[1:]).most_seconds
    head = of(stages=stages()[:1]).most_seconds
    nothing = of(Summary({"a": 1}, 0, 0, 0, ())).most_seconds
    pass_to_the_cut = of(stages=[stages(epochs=1)[1]]).most_seconds - nothing
    assert both == pytest.approx(head + tuned - nothing - pass_to_the_cut, rel=0.02)
    assert of().disk_bytes > of(stages=stages()[1:]).disk_bytes


def test_the_rates_that_were_measured_come_out() -> None:
    """MobileNet at 160: 5,000 photos frozen at 650 a second, 50 epochs of 24 layers at 263 photos a second."""
    plain = THESIS.model_copy(update={"augmentation": type(THESIS.augmentation)()})
    tuned = [stage | {"patience": None} for stage in stages()[1:]]
    none = estimate(plain.model_copy(update={"stages": plain.stages[:1]}), Summary({"a": 1}, 0, 0, 0, ()), 32)
    photos = Summary({"a": 5000}, 5000, 0, 0, ())
    found = of(photos, plain, stages=tuned).seconds - none.seconds
    assert found == pytest.approx(5000 / 1000 + 5000 / 650 + 50 * 5000 / 263, rel=0.1)
