import json
from pathlib import Path

import numpy as np

from recycler.class_mapping import ALIKE
from recycler.datasets.cifar100 import IMAGENET_SHARED
from recycler.shared_classes import IMAGENET, imagenet_names, merge


def test_the_map_has_the_classes_that_the_thesis_calls_shared_and_no_class_of_imagenet_twice() -> None:
    assert IMAGENET.keys() == IMAGENET_SHARED
    places = [place for places in IMAGENET.values() for place in places]
    assert len(places) == len(set(places))
    assert set(places) <= set(range(1000))


def test_where_imagenet_has_the_very_word_the_map_agrees(keras_home: Path) -> None:
    index = json.loads((keras_home / "models" / "imagenet_class_index.json").read_text())
    same = {name: int(place) for place, (_, name) in index.items() if name in IMAGENET}
    assert len(same) > 15
    assert {name: place for name, place in same.items() if place not in IMAGENET[name]} == {}


def test_imagenet_classes_that_no_photo_shows_keep_a_name_of_their_own() -> None:
    names = imagenet_names()
    assert (names[291], names[947]) == ("lion", "mushroom")
    assert len([name for name in set(names) if name not in IMAGENET]) == 1000 - sum(map(len, IMAGENET.values()))


def test_probabilities_of_classes_that_mean_the_same_add_up() -> None:
    said = np.array([[0.1, 0.2, 0.3, 0.4], [0.0, 0.5, 0.5, 0.0]], np.float32)
    sums, names = merge(said, ["apple", "can", "orange", "worm"], ALIKE)
    assert names == ("biological", "metal", "worm")
    np.testing.assert_allclose(sums, [[0.4, 0.2, 0.4], [0.5, 0.5, 0.0]], atol=1e-6)
    assert merge(said, ["a", "b", "c", "d"])[1] == ("a", "b", "c", "d")
