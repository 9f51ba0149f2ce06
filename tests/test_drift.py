import numpy as np
import pytest

from recycler.answers import ENTROPY_STEPS, Counts
from recycler.drift import FEWEST, drift, in_words, shift

CLASSES = ("glass", "metal", "paper", "plastic")
STEPS = len(ENTROPY_STEPS)


def drawn(photos: int, classes: list[float], sureness: float, seed: int = 0) -> Counts:
    """Photos drawn by chance. sureness: from 0, where all steps of entropy are alike."""
    rng = np.random.default_rng(seed)
    steps = np.exp(-sureness * np.arange(STEPS))
    named = rng.multinomial(photos, classes).tolist()
    return Counts(dict(zip(CLASSES, named, strict=True)), tuple(rng.multinomial(photos, steps / steps.sum()).tolist()))


ALIKE = [0.25, 0.25, 0.25, 0.25]
THEN = drawn(800, ALIKE, 0.5)


def said(lately: Counts, then: Counts = THEN) -> str:
    return in_words(drift(lately, then), lately)


def test_the_index_is_what_the_formula_gives_by_hand() -> None:
    found = shift([500_000, 500_000], [250_000, 750_000])
    assert found.index == pytest.approx((0.5 - 0.25) * np.log(0.5 / 0.25) + (0.5 - 0.75) * np.log(0.5 / 0.75), rel=1e-4)
    assert found.chance == pytest.approx((1 / 1e6 + 1 / 1e6) * 6.635, rel=1e-3)
    assert found.size == "much"
    assert shift([5, 5], [5, 5]).index == 0


def test_chance_is_called_drift_about_one_time_in_a_hundred() -> None:
    called = 0
    for seed in range(400):
        found = shift(drawn(60, ALIKE, 0.2, seed).entropy, drawn(400, ALIKE, 0.2, 1000 + seed).entropy)
        called += found.size != "none"
    assert called <= 14


def test_a_model_that_is_less_sure_than_on_its_test_photos_has_drifted() -> None:
    assert said(drawn(1000, ALIKE, 0.1, 1)).startswith("It has drifted")


def test_a_model_that_is_surer_has_not() -> None:
    assert "drifted" not in said(drawn(1000, ALIKE, 1.5, 1))


def test_other_things_are_told_apart_from_strange_ones() -> None:
    assert "sees other things" in said(drawn(1000, [0.7, 0.1, 0.1, 0.1], 0.5, 1))
    assert said(drawn(1000, ALIKE, 0.5, 1)).startswith("Nothing has changed")


def test_a_class_that_was_never_seen_in_the_test_gives_a_number() -> None:
    found = drift(Counts({"shoes": 100}, THEN.entropy), THEN)
    assert found is not None
    assert np.isfinite(found.things.index)
    assert found.things.size == "much"


def test_of_a_few_photos_nothing_is_said() -> None:
    few = drawn(FEWEST - 1, ALIKE, 0.1, 1)
    assert drift(few, THEN) is None
    assert "too few" in said(few)
