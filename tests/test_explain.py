"""Occlusion maps point at what a classifier looks at; a classifier of two colours is looked through."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recycler.explain import occlusion_map
from recycler.verdict import Prediction


class Redness:
    """Says "red" with the share of strongly red pixels, half as much again; counts its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, ...]] = []

    def predict(self, photos: NDArray[np.uint8]) -> list[Prediction]:
        self.calls.append(photos.shape)
        red = (photos[..., 0] > 200) & (photos[..., 1] < 50)
        share = (1.5 * red.mean(axis=(1, 2))).clip(0, 1).astype(np.float32)
        return [Prediction(("other", "red"), np.array([1 - p, p]), float(p), np.zeros(1, np.float32)) for p in share]


def spot(size: int = 70, row: int = 1, column: int = 5) -> NDArray[np.uint8]:
    """Grey, with one red cell of a 7 by 7 grid."""
    photo = np.full((size, size, 3), 120, np.uint8)
    cell = size // 7
    photo[row * cell : (row + 1) * cell, column * cell : (column + 1) * cell] = (255, 0, 0)
    return photo


def test_the_map_peaks_where_the_class_is() -> None:
    drops = occlusion_map(Redness(), spot(), "red")
    assert drops.shape == (7, 7)
    assert drops.dtype == np.float32
    assert drops.argmax() == 1 * 7 + 5
    assert drops[1, 5] == pytest.approx(1.5 / 49, abs=1e-6), "covered whole, all of its probability goes"
    assert np.all(drops[3:] == 0), "far from the spot nothing changes"


def test_the_map_is_negative_where_something_speaks_against_the_class() -> None:
    drops = occlusion_map(Redness(), spot(), "other")
    assert drops[1, 5] == pytest.approx(-1.5 / 49, abs=1e-6)


@pytest.mark.parametrize(("size", "cells"), [(32, 7), (32, 1), (224, 7), (10, 10)])
def test_any_grid_is_one_call_and_covers_the_whole_photo(size: int, cells: int) -> None:
    classifier = Redness()
    photo = np.zeros((size, size, 3), np.uint8)
    photo[::2, :, 0] = 255
    drops = occlusion_map(classifier, photo, "red", cells)
    assert classifier.calls == [(cells * cells + 1, size, size, 3)]
    assert np.all(drops > 0), "red is everywhere, so covering any cell costs"


def test_the_photo_itself_is_not_painted_on() -> None:
    photo = spot()
    before = photo.copy()
    occlusion_map(Redness(), photo, "red")
    assert np.array_equal(photo, before)


def test_a_class_that_the_classifier_does_not_know_is_an_error() -> None:
    with pytest.raises(ValueError, match="blue"):
        occlusion_map(Redness(), spot(), "blue")
