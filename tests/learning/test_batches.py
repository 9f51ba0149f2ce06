from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from recycler.datasets.dataset import Dataset
from recycler.learning.activations import Activations
from recycler.learning.batches import Batches, Targets, _cut_mix, class_weights, source_ways
from recycler.recipe import parse_recipe
from recycler.rulebook import find_rulebook


@dataclass
class InMemory:
    """Activations that lie there already: the plain look and one more."""

    looks: NDArray[np.float32]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.looks.shape[2:]

    def gather(self, photos: NDArray[np.int64], looks: NDArray[np.int64]) -> NDArray[np.float32]:
        return self.looks[looks, photos]


def ways(labels: list[int], source: list[int], embedding: list[list[float]]) -> NDArray[np.float32]:
    data = SimpleNamespace(labels=np.array(labels), source=np.array(source), sources=("ours", "theirs"))
    plain = np.array(embedding, np.float32)
    inputs = cast(Activations, InMemory(np.stack([plain, plain + 1])))
    return source_ways(inputs, cast(Dataset, data), np.arange(len(labels)), looks=2)


def test_the_way_between_sources_is_what_their_common_classes_differ_in() -> None:
    # The class lies along the first axis, the source along the second; class 2 is known to one source only.
    way: Any = ways([0, 0, 1, 1, 2], [0, 1, 0, 1, 0], [[0, 0], [0, 8], [5, 0], [5, 6], [99, 99]])
    np.testing.assert_allclose(way[0, 1], [0, 7])
    np.testing.assert_allclose(way[1, 0], [0, -7])
    assert not way[0, 0].any()


def test_there_is_no_way_between_sources_without_a_common_class() -> None:
    assert not ways([0, 0, 1, 1], [0, 0, 1, 1], [[1, 2], [3, 4], [5, 6], [7, 8]]).any()


def test_an_epoch_whose_last_step_is_done_has_no_batch_left() -> None:
    recipe = parse_recipe("name: small\ndata: {sources: [{name: trashnet}]}\nstages: [{batch_size: 4}]")
    photos, nothing = np.arange(10), cast(Activations, InMemory(np.zeros((1, 10, 2), np.float32)))
    batches = Batches(recipe, 0, [nothing], cast(Targets, None), photos)
    assert batches.steps() == 3
    assert list(batches.training(1, batches.steps())) == []


@pytest.mark.parametrize("sides", [(), (2,)])
def test_a_pasted_box_counts_by_its_area(sides: tuple[int, ...]) -> None:
    photos = np.arange(6)
    shape = (6, *sides, 5, 7, 1)
    values = np.broadcast_to(photos.reshape(-1, *[1] * (len(shape) - 1)), shape).astype(np.float16)
    one_hot = np.eye(6, dtype=np.float32)
    pasted = 0
    for seed in range(20):
        inputs, wanted = values.copy(), one_hot.copy()
        _cut_mix([inputs], [wanted], 1.0, np.random.default_rng(seed))
        np.testing.assert_allclose(wanted.sum(axis=1), 1, rtol=1e-6)
        for photo in photos:
            for side in inputs[photo] if sides else inputs[photo][None]:
                shares = np.bincount(side.astype(int).ravel(), minlength=6) / side.size
                np.testing.assert_allclose(wanted[photo], shares, atol=1e-6)
            foreign = np.argwhere(inputs[photo].reshape(-1, 5, 7)[0] != photo)
            if len(foreign):
                pasted += 1
                assert len(foreign) == np.prod(np.ptp(foreign, axis=0) + 1)  # one box without a hole
    assert pasted > 60


@pytest.mark.parametrize("extra", ["", "mixup: 0.4, label_smoothing: 0.1"])
def test_an_epoch_has_the_same_batches_however_many_are_made_at_once_and_wherever_it_begins(
    extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = parse_recipe(
        "name: small\ndata: {sources: [{name: trashnet}]}\n"
        f"augmentation: {{copies: 1, zoom_fraction: 0.1, each_epoch: one_look}}\nstages: [{{batch_size: 4, {extra}}}]"
    )
    classes = ("glass", "paper", "plastic")
    labels, source = np.arange(30) % 3, np.zeros(30, np.int64)
    data = cast(Dataset, SimpleNamespace(labels=labels, source=source, classes=classes, sources=("trashnet",)))
    inputs = cast(Activations, InMemory(np.random.default_rng(0).random((2, 30, 5), np.float32)))
    weigh = np.array([1, 2, 3], np.float32) if extra else None
    targets = Targets(data, find_rulebook("default"), ["object", "recycling"], np.zeros((1, 3), np.float32), weigh)
    batches = Batches(recipe, 0, [inputs], targets, np.arange(30))

    def numbers(first: int) -> list[Any]:
        return [keras.tree.map_structure(np.asarray, batch) for batch in batches.training(2, first)]

    whole = numbers(0)
    monkeypatch.setattr("recycler.learning.batches.MADE_AT_ONCE", 0)
    for some in (numbers(0), numbers(5)):
        keras.tree.map_structure(np.testing.assert_array_equal, some, whole[-len(some) :])
    assert [len(batch[0]["log_prior"]) for batch in whole] == [4] * 7 + [2]


def weights(labels: list[int], balanced: bool, **emphasis: float) -> list[float]:
    classes = tuple("abc"[: max(labels) + 1])
    data = cast(Dataset, SimpleNamespace(labels=np.array(labels), classes=classes))
    found = class_weights(data, np.arange(len(labels)), balanced, emphasis)
    assert found[labels].mean() == pytest.approx(1)
    return found.tolist()


def test_an_emphasised_class_counts_as_many_times_as_much_as_asked_for() -> None:
    assert weights([0, 0, 0, 1], False) == [1, 1]
    a, b = weights([0, 0, 0, 1], False, b=3)
    assert b == pytest.approx(3 * a)


def test_balanced_classes_weigh_the_same_together_until_one_is_emphasised() -> None:
    a, b = weights([0, 0, 0, 1], True)
    assert 3 * a == pytest.approx(b)
    a, b = weights([0, 0, 0, 1], True, b=3)
    assert 3 * 3 * a == pytest.approx(b)


def test_a_class_without_training_photos_weighs_nothing() -> None:
    assert weights([0, 2], True) == [1, 0, 1]
