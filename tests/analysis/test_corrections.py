from pathlib import Path

import numpy as np
import pytest

from recycler.analysis.corrections import corrected, labels_now
from recycler.labels import change_label
from recycler.predictions import Predictions, predictions
from recycler.recipe import Data, Source
from tests.datasets.pictures import photo, write_tree

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


def test_corrected_labels_are_read_in_the_words_of_the_recipe_and_of_the_model(tmp_path: Path) -> None:
    names = ["can/a.jpg", "shoes/b.jpg", "wrapper/c.jpg", "shoes/d.jpg"]
    folder = str(write_tree(tmp_path / "things", {name: photo(seed) for seed, name in enumerate(names)}))
    change_label(folder, "shoes/b.jpg", "can")
    change_label(folder, "can/a.jpg", "wrapper")
    change_label(folder, "wrapper/c.jpg", "shoes")
    change_label(folder, "shoes/d.jpg", None)
    data = Data(sources=(Source(name=folder, labels={"wrapper": "plastic"}),))
    assert labels_now(data, {"can": "metal"}) == {
        "things/shoes/b.jpg": "metal",
        "things/can/a.jpg": "plastic",
        "things/wrapper/c.jpg": "shoes",
        "things/shoes/d.jpg": None,
    }
    assert labels_now(data, {"shoes": "plastic", "nothing like it": "metal"}) == {
        "things/shoes/b.jpg": "can",
        "things/can/a.jpg": "plastic",
        "things/wrapper/c.jpg": "plastic",
        "things/shoes/d.jpg": None,
    }
