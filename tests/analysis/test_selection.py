import numpy as np
import pytest

from recycler.analysis.selection import KINDS, Selection, select
from recycler.predictions import Predictions, predictions
from recycler.rulebook import find_rulebook
from recycler.verdict import Thresholds

CLASSES = ("glass", "paper", "trash")
PHOTOS = {
    "home/Bottle_1.jpg": ("glass", (0.90, 0.06, 0.04)),  # right and sure
    "home/bottle_2.jpg": ("glass", (0.40, 0.30, 0.30)),  # right, hardly
    "home/bag_1.jpg": ("paper", (0.03, 0.02, 0.95)),  # wrong, sure, wrong side
    "home/bag_2.jpg": ("paper", (0.60, 0.35, 0.05)),  # wrong, but on the right side
    "home/apple.jpg": ("apple", (0.10, 0.80, 0.10)),  # of a class that the model does not know; apple goes to the bin
}
RULEBOOK = find_rulebook("default")


def table() -> Predictions:
    true, said = zip(*PHOTOS.values(), strict=True)
    made = predictions(CLASSES, list(PHOTOS), "test", true, np.array(said, np.float32))
    return made.judged(RULEBOOK, Thresholds(0.75))


def found(**wanted: object) -> list[str]:
    return [photo.removeprefix("home/") for photo in table().photos[select(table(), RULEBOOK, Selection(**wanted))]]  # type: ignore[arg-type]


def test_the_worst_comes_first() -> None:
    assert found() == ["bag_1.jpg", "bag_2.jpg"]
    assert found(kind="all") == ["bag_1.jpg", "apple.jpg", "bag_2.jpg", "bottle_2.jpg", "Bottle_1.jpg"]


@pytest.mark.parametrize(
    ("kind", "photos"),
    [
        ("side", ["bag_1.jpg", "apple.jpg"]),
        ("sure", ["bag_1.jpg"]),
        ("unsure", ["bottle_2.jpg"]),
    ],
)
def test_each_kind_finds_its_photos(kind: str, photos: list[str]) -> None:
    assert found(kind=kind) == photos


def test_a_right_answer_of_the_verdict_unsure_is_unsure() -> None:
    one = predictions(CLASSES, ["a"], "test", ["glass"], np.array([[0.6, 0.0, 0.4]], np.float32))
    sure, unsure = (one.judged(RULEBOOK, Thresholds(least)) for least in (0.5, 0.75))
    assert len(select(unsure, RULEBOOK, Selection("unsure"))) == 1
    assert len(select(sure, RULEBOOK, Selection("unsure"))) == 0


def test_filters_narrow_it_down() -> None:
    assert found(kind="all", true=("glass",)) == ["bottle_2.jpg", "Bottle_1.jpg"]
    assert found(kind="all", said=("trash",)) == ["bag_1.jpg"]
    assert found(kind="all", true=("paper", "apple"), said=("glass", "paper")) == ["apple.jpg", "bag_2.jpg"]
    assert found(kind="all", confidence=(0.5, 0.85)) == ["apple.jpg", "bag_2.jpg"]
    assert found(kind="all", confidence=(0.9, 1.0)) == ["bag_1.jpg", "Bottle_1.jpg"]
    assert found(kind="all", search=" BOTTLE ") == ["bottle_2.jpg", "Bottle_1.jpg"]
    assert found(kind="all", search=".*") == []
    assert found(kind="all", true=("no such class",)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_answers_for_photos_of_foreign_classes_only(kind: str) -> None:
    foreign = table().pick(np.array([4]))
    assert len(select(foreign, RULEBOOK, Selection(kind))) == (1 if kind in ("side", "all") else 0)
