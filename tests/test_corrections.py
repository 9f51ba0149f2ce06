import numpy as np
import pytest

from recycler.corrections import corrected
from recycler.predictions import Predictions, predictions

SAID = np.array([[0.7, 0.2, 0.1], [0.3, 0.5, 0.2], [0.0, 0.0, 1.0]], np.float32)


def table() -> Predictions:
    return predictions(("glass", "paper", "trash"), ["a/0", "a/1", "b/0"], "test", ["glass", "glass", "trash"], SAID)


def test_a_photo_put_right_is_right_at_once() -> None:
    before = table()
    after = corrected(before, {"a/1": "paper", "c/9": "glass"})
    assert before.right.tolist() == [True, False, True]
    assert after.right.tolist() == [True, True, True]
    assert after.p_true == pytest.approx([0.7, 0.5, 1.0])
    assert after.rank.tolist() == [0, 0, 0]
    assert after.probabilities is before.probabilities


def test_a_photo_of_a_class_that_the_model_does_not_know() -> None:
    after = corrected(table(), {"a/0": "shoes"})
    assert [after.names[i] for i in after.true] == ["shoes", "glass", "trash"]
    assert after.known.tolist() == [False, True, True]
    assert np.isnan(after.p_true[0])
    assert after.rank[0] == 3


def test_a_photo_that_is_left_out_is_gone() -> None:
    after = corrected(table(), {"a/0": None, "a/1": "paper"})
    assert after.photos.tolist() == ["a/1", "b/0"]
    assert [after.names[i] for i in after.true] == ["paper", "trash"]


def test_nothing_to_put_right_changes_nothing() -> None:
    np.testing.assert_array_equal(corrected(table(), {}).true, table().true)
