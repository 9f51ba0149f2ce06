import numpy as np
import pytest

from recycler.analysis.neighbours import Embedded, cosines, nearest

AMONG = Embedded(
    np.array(["a/1", "a/2", "a/3", "a/4"], object),
    np.array(["glass", "paper", "glass", "trash"], object),
    np.array([[2, 0], [1, 1], [0, 3], [-1, 0]], np.float16),
)


def test_the_nearest_come_first_with_their_cosine() -> None:
    found = nearest(AMONG, np.array([5.0, 0.0]), 3)
    assert [one.photo for one in found] == ["a/1", "a/2", "a/3"]
    assert [one.likeness for one in found] == pytest.approx([1, np.sqrt(0.5), 0], abs=1e-6)
    assert found[1].class_name == "paper"


def test_of_one_class_only_and_never_the_photo_itself() -> None:
    assert [one.photo for one in nearest(AMONG, np.array([1.0, 0.0]), 9, "glass")] == ["a/1", "a/3"]
    assert [one.photo for one in nearest(AMONG, np.array([1.0, 0.0]), 9, "glass", but="a/1")] == ["a/3"]
    assert nearest(AMONG, np.array([1.0, 0.0]), 9, "shoes") == []


def test_many_photos_are_compared_as_few_are() -> None:
    rng = np.random.default_rng(0)
    embeddings, asked = rng.normal(size=(20_000, 7)).astype(np.float32), rng.normal(size=7)
    expected = embeddings @ asked / np.linalg.norm(embeddings, axis=1) / np.linalg.norm(asked)
    np.testing.assert_allclose(cosines(embeddings, asked), expected, atol=1e-5)


def test_nothing_is_like_an_embedding_of_zeros() -> None:
    assert cosines(np.zeros((2, 3), np.float32), np.ones(3)).tolist() == [0, 0]
    assert cosines(np.ones((2, 3), np.float32), np.zeros(3)).tolist() == [0, 0]


def test_photos_are_found_by_their_ids() -> None:
    assert AMONG.rows_of(np.array(["a/3", "b/9", "a/1"], object)).tolist() == [2, -1, 0]
