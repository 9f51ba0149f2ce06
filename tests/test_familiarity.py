import numpy as np
import pytest

from recycler.familiarity import BLOCK, FULLY, NEAREST, REFERENCES, familiarity, pick_references, unit

RNG = np.random.default_rng(0)


def test_the_very_same_photos_are_fully_familiar_and_opposite_ones_not_at_all() -> None:
    one = np.array([[1.0, 0.0]], np.float32)
    references = np.repeat(one, NEAREST, axis=0)
    np.testing.assert_allclose(familiarity(np.concatenate([one, -one, one[:, ::-1]]), references), [1, -1, 0])


def test_only_the_nearest_references_count() -> None:
    near, far = np.array([[1.0, 0.0]] * NEAREST), np.array([[-1.0, 0.0]] * 50)
    references = np.concatenate([far, near]).astype(np.float32)
    assert familiarity(np.array([[2.0, 0.0]]), references) == pytest.approx(1), "however long the embedding is"


def test_it_is_the_mean_of_the_highest_cosine_similarities() -> None:
    photos, references = RNG.normal(size=(BLOCK + 3, 8)), unit(RNG.normal(size=(40, 8)))
    cosines = photos @ references.T / np.linalg.norm(photos, axis=1, keepdims=True)
    expected = np.sort(cosines, axis=1)[:, -NEAREST:].mean(axis=1)
    np.testing.assert_allclose(familiarity(photos, references), expected, atol=1e-5)


def test_few_references_and_none() -> None:
    assert familiarity(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]], np.float32)) == pytest.approx(0)
    assert familiarity(np.ones((2, 3)), np.zeros((0, 3), np.float32)).tolist() == [FULLY, FULLY]


def test_an_embedding_of_nothing_but_zeros_is_a_number() -> None:
    assert familiarity(np.zeros((1, 2)), np.array([[0.0, 1.0]], np.float32)) == pytest.approx(0)


def test_references_are_different_photos_and_the_same_each_time() -> None:
    picked = pick_references(5 * REFERENCES, 3)
    assert len(np.unique(picked)) == REFERENCES
    np.testing.assert_array_equal(picked, pick_references(5 * REFERENCES, 3))
    np.testing.assert_array_equal(pick_references(3, 0), [0, 1, 2])
