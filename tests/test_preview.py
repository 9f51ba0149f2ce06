"""The preview's worker is a process of its own, with the layers of training; one serves all of these tests."""

import io
import os
from collections.abc import Iterator

import numpy as np
import pytest

from recycler.errors import TrainingError
from recycler.preview import Previewer, decode, encode
from recycler.recipe import Augmentation

PHOTOS = np.random.default_rng(0).integers(0, 256, (3, 24, 24, 3), dtype=np.uint8)
RELEVANT = Augmentation(preset="relevant")


@pytest.fixture(scope="module")
def previewer() -> Iterator[Previewer]:
    previewer = Previewer()
    yield previewer
    previewer.close()


def test_photos_survive_the_way_there_and_back() -> None:
    np.testing.assert_array_equal(decode(encode(PHOTOS)), PHOTOS)


def test_a_look_is_what_training_would_see(previewer: Previewer) -> None:
    from recycler.learning.augmentation import augment, look_numbers

    network = augment(RELEVANT, 24)
    expected = network({"photo": PHOTOS.astype(np.float32), "numbers": look_numbers(network, 7, 2, 3)}, training=True)
    seen = previewer.look(RELEVANT, PHOTOS, seed=7, look=2)
    assert seen.dtype == np.uint8
    np.testing.assert_allclose(seen, np.rint(np.asarray(expected)), atol=1)
    assert previewer.warm


def test_another_look_is_another_one_and_the_same_look_the_same(previewer: Previewer) -> None:
    first = previewer.look(RELEVANT, PHOTOS, 0, 1)
    np.testing.assert_array_equal(previewer.look(RELEVANT, PHOTOS, 0, 1), first)
    assert (previewer.look(RELEVANT, PHOTOS, 0, 2) != first).any()
    np.testing.assert_array_equal(previewer.look(Augmentation(), PHOTOS, 0, 1), PHOTOS)


def test_what_cannot_be_done_is_told_and_the_worker_goes_on(previewer: Previewer) -> None:
    large = np.zeros((1, 40, 40, 3), np.uint8)
    with pytest.raises(TrainingError, match="at most 32 pixels"):
        previewer.look(Augmentation(zca_fraction=1), large, 0, 1)
    assert previewer.look(Augmentation(zca_fraction=1), PHOTOS[:, :8, :8], 0, 1, PHOTOS[:, :8, :8]).shape == (
        3,
        8,
        8,
        3,
    )


def test_a_worker_that_was_killed_is_replaced(previewer: Previewer) -> None:
    previewer.look(RELEVANT, PHOTOS, 0, 1)
    worker = previewer._worker
    assert worker is not None
    worker.kill()
    worker.wait()
    assert not previewer.warm
    assert previewer.look(RELEVANT, PHOTOS, 0, 1).shape == PHOTOS.shape


def test_the_worker_ends_with_whoever_asked(previewer: Previewer) -> None:
    previewer.look(RELEVANT, PHOTOS, 0, 1)
    worker = previewer._worker
    assert worker is not None
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.close()  # as the system does it with the process that asked
    assert worker.wait(timeout=120) == 0
    assert worker.stdout.read() == b""


def test_the_worker_ends_when_nobody_asks() -> None:
    from recycler.learning.preview import serve

    read, write = os.pipe()
    answers = io.StringIO()
    with os.fdopen(read, "rb") as requests, os.fdopen(write, "wb"):
        serve(requests, answers, idle_seconds=0.1)
    assert answers.getvalue() == ""
