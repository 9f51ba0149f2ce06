import numpy as np
import pytest

from recycler.analysis.feature_map import LEAST_PHOTOS, feature_map, sample


def clusters(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Photos of two classes that a network tells apart: embeddings (2 count, 20) and labels."""
    rng = np.random.default_rng(0)
    centres = np.zeros((2, 20))
    centres[0, 0] = centres[1, 1] = 10
    labels = np.repeat([0, 1], count)
    return (centres[labels] + rng.normal(size=(2 * count, 20))).astype(np.float16), labels


def test_what_the_network_tells_apart_lies_apart() -> None:
    embeddings, labels = clusters(40)
    places = feature_map(embeddings)
    assert places.shape == (80, 2)
    assert np.abs(places).max() == pytest.approx(1)
    first, second = places[labels == 0], places[labels == 1]
    apart = np.linalg.norm(first.mean(axis=0) - second.mean(axis=0))
    assert apart > 2 * max(first.std(), second.std())


def test_the_same_photos_give_the_same_map() -> None:
    embeddings, _ = clusters(20)
    np.testing.assert_array_equal(feature_map(embeddings), feature_map(embeddings))


def test_few_photos_have_a_map_too() -> None:
    embeddings, _ = clusters(LEAST_PHOTOS // 2)
    assert np.isfinite(feature_map(embeddings)).all()
    assert np.isfinite(feature_map(np.ones((LEAST_PHOTOS, 5), np.float16))).all()


def test_a_sample_takes_all_of_a_few_and_of_many_the_same_of_each_class() -> None:
    assert sample(np.array([3, 1, 2])).tolist() == [0, 1, 2]
    true = np.array([0] * 1000 + [1] * 20 + [2] * 5)
    rows = sample(true, 50)
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert np.bincount(true[rows]).tolist() == [25, 20, 5]
    np.testing.assert_array_equal(rows, sample(true, 50))
