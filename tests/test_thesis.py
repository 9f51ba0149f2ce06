from dataclasses import replace

import numpy as np

from recycler import thesis
from recycler.analysis import Analysis
from recycler.classes import CIFAR100
from recycler.predictions import predictions
from recycler.recipe import load_recipe
from recycler.settings import PROJECT
from recycler.shelf import Card
from tests.tables import analysed, drawn


def on_cifar(photos: int = 1000, split: str = "test", recipe: str = "thesis/feature_extraction") -> Analysis:
    p = np.full((photos, 100), 0.01, np.float32)
    table = predictions(CIFAR100, [f"cifar100/{i}" for i in range(photos)], split, ["rose"] * photos, p)
    found = analysed("Small", table, split=split)
    made = load_recipe(PROJECT / "recipes" / f"{recipe}.yaml")
    assert isinstance(found.subject.card, Card)
    card = found.subject.card.model_copy(update={"recipe": made.model_dump(mode="json")})
    return replace(found, subject=replace(found.subject, card=card))


def test_only_photos_of_cifar_stand_beside_it() -> None:
    assert thesis.comparable(on_cifar())
    assert not thesis.comparable(analysed("Small", drawn()))


def test_its_own_recipe_on_as_many_test_photos_is_the_same_setting() -> None:
    assert thesis.differences_in_setting(on_cifar()) == []


def test_what_differs_is_said() -> None:
    found = "; ".join(thesis.differences_in_setting(on_cifar(500, "validation", "quick")))
    assert "500 photos here, 1,000 there" in found
    assert "validation photos" in found
    assert "efficientnet_lite0" in found
    assert "trained on" not in found  # 60 a class, of which 10 validate


def test_every_row_has_figures_that_are_shares() -> None:
    for row in thesis.ROWS:
        assert row.figures
        assert all(0 < value < 1 for value in row.figures.values())
