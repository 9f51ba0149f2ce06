import numpy as np
import pytest

from recycler.analysis.per_class import class_table, photos_of_class
from recycler.predictions import predictions
from recycler.rulebook import find_rulebook
from tests.tables import MANY, drawn

RULEBOOK = find_rulebook("default")


def test_the_classes_match_a_case_counted_by_hand() -> None:
    said = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.3, 0.6, 0.1], [0.1, 0.8, 0.1]], np.float32)
    table = predictions(("glass", "paper", "trash"), list("abcd"), "test", ["glass", "glass", "glass", "chair"], said)
    rows = class_table(table, RULEBOOK).set_index("class")
    assert list(rows.index) == ["glass", "paper", "chair"]  # trash has no photos and was never said
    assert rows["recall"]["glass"] == pytest.approx(1 / 3)
    assert rows["precision"]["glass"] == 1
    assert rows["taken_for"]["glass"] == "paper"
    assert rows["taken_share"]["glass"] == pytest.approx(2 / 3)
    assert rows["goes_to"]["glass"] == "Recycling"
    assert np.isnan(rows["recall"]["paper"])
    assert rows["precision"]["paper"] == 0
    assert np.isnan(rows["f1"]["chair"])
    assert rows["taken_for"]["chair"] == "paper"


def test_recalls_lie_in_their_intervals_and_photos_add_up() -> None:
    rows = class_table(drawn(1000), RULEBOOK)
    assert list(rows["class"]) == list(MANY)
    assert rows["photos"].sum() == 1000
    assert ((rows["low"] <= rows["recall"]) & (rows["recall"] <= rows["high"])).all()


def test_the_photos_of_a_class_begin_with_the_surest_mistake() -> None:
    table = drawn(300)
    rows = photos_of_class(table, "glass")
    assert set(rows) == set(np.flatnonzero(table.true == 0))
    wrong = ~table.right[rows]
    assert wrong[: wrong.sum()].all()
    assert (np.diff(table.confidence[rows][: wrong.sum()]) <= 0).all()
