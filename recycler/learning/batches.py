"""Batches for a stage: which photos in which looks, their activations, and what each output should say.

All of it follows from recipe, stage, epoch and step alone, so a training that was broken off sees the same batches.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from recycler.datasets.dataset import Dataset
from recycler.learning.activations import Activations
from recycler.learning.data import Index, superclasses
from recycler.recipe import Recipe
from recycler.rulebook import Rulebook

Batch = tuple[dict[str, Any], dict[str, Any], dict[str, NDArray[np.float32]] | None]
"""Inputs, targets and weights by name, as Keras takes them; no weights where all are 1."""

MADE_AT_ONCE = 2**20  # numbers of activations, 4 MB
FRESH = 1_000  # looks from here on are drawn for one epoch alone


def epoch_order(recipe: Recipe, stage: int, epoch: int, train: Index) -> tuple[Index, Index]:
    """Photos and their looks in the order in which an epoch sees them. epoch: from 1."""
    rng = np.random.default_rng([recipe.seed, stage, epoch])
    change, keep = recipe.augmentation, recipe.stages[stage].cache
    photos, looks = train, np.zeros_like(train)
    if change.changes and (not keep or not change.copies):
        looks = np.full_like(train, FRESH * (stage + 1) + epoch)
    elif change.each_epoch == "one_look":
        looks = rng.integers(0, change.copies + 1, len(train))
    else:
        photos = np.tile(train, change.copies + 1)
        looks = np.repeat(np.arange(change.copies + 1), len(train))
    order = rng.permutation(len(photos))
    return photos[order], looks[order]


@dataclass(frozen=True)
class Targets:
    """What the outputs should say.

    outputs: names of the branches. priors: log priors (sources, C), see data.log_priors.
    weights: of each class (C,), mean 1 over the training photos, see class_weights; None where all weigh the same,
        which spares a head a tenth of its time.
    """

    data: Dataset
    rulebook: Rulebook
    outputs: Sequence[str]
    priors: NDArray[np.float32]
    weights: NDArray[np.float32] | None

    def of(self, photos: Index, smoothing: float) -> dict[str, NDArray[np.float32]]:
        """One-hot classes (n, C) and superclasses, recycling (n, 1), float32.

        Label smoothing spreads its share over the classes that the photo's source has, no others.
        """
        data = self.data
        labels = data.labels[photos]
        allowed = (self.priors[data.source[photos]] > -1e3).astype(np.float32)
        one_hot = np.eye(len(data.classes), dtype=np.float32)[labels]
        smooth = one_hot * (1 - smoothing) + smoothing * allowed / allowed.sum(axis=1, keepdims=True)
        recycling = self.rulebook.mask(data.classes)[labels][:, None].astype(np.float32)
        result = {"object": smooth, "recycling": recycling, "multi_hot": np.concatenate([one_hot, recycling], axis=1)}
        if "coarse" in self.outputs:
            place = superclasses(data)
            assert place is not None  # noqa: S101
            result["coarse"] = np.eye(place.max() + 1, dtype=np.float32)[place[labels]]
        return {name: result[name] for name in self.outputs}


def class_weights(data: Dataset, train: Index, balanced: bool, emphasis: Mapping[str, float]) -> NDArray[np.float32]:
    """Weight of each class (C,), 1 on average over the training photos.

    balanced: all classes together weigh the same, before some are emphasised. emphasis: class to how many times as much
    a photo of it counts.
    """
    counts = np.bincount(data.labels[train], minlength=len(data.classes))
    weights = 1 / np.maximum(counts, 1) if balanced else np.ones(len(counts))
    weights *= [emphasis.get(name, 1.0) for name in data.classes]
    return np.where(counts > 0, weights * counts.sum() / (weights @ counts), 0).astype(np.float32)


@dataclass(frozen=True)
class Batches:
    """Batches of a stage for training and validation.

    inputs: activations of each front of the stage's network.
    ways: of each front, from `source_ways`, for the recipe's source_shift; none without.
    """

    recipe: Recipe
    stage: int
    inputs: Sequence[Activations]
    targets: Targets
    train: Index
    ways: Sequence[NDArray[np.float32]] = ()

    @property
    def device(self) -> str:
        """The device that trains: "cpu" or "gpu"."""
        return self.inputs[0].device

    def training(self, epoch: int, first: int) -> Iterator[Batch]:
        """Batches of one epoch from step `first` (from 0) on, the next ones made while the last ones are used.

        Small ones are made many at once: one by one they would take a head a quarter of its time. None when a
        checkpoint was written between an epoch's last step and its end.
        """
        photos, looks = epoch_order(self.recipe, self.stage, epoch, self.train)
        size = self.recipe.stages[self.stage].batch_size
        starts = range(first * size, len(photos), size)
        if not starts:
            return
        at_once = self._at_once()

        def make(some: range) -> list[Batch]:
            part = slice(some.start, some.stop)
            rngs = [np.random.default_rng([self.stage, epoch, start]) for start in some]
            return self._training_batches(photos[part], looks[part], rngs)

        blocks = [starts[i : i + at_once] for i in range(0, len(starts), at_once)]
        with ThreadPoolExecutor(1) as ahead:
            upcoming = ahead.submit(make, blocks[0])
            for following in blocks[1:]:
                batches = upcoming.result()
                upcoming = ahead.submit(make, following)
                yield from batches
            yield from upcoming.result()

    def steps(self) -> int:
        """Steps an epoch."""
        photos, _ = epoch_order(self.recipe, self.stage, 1, self.train)
        return -(-len(photos) // self.recipe.stages[self.stage].batch_size)

    def plain(self, photos: Index, size: int) -> Iterator[Batch]:
        """Batches of photos as they are, in order, for validation."""
        for start in range(0, len(photos), size):
            part = photos[start : start + size]
            inputs = {f"activations_{i}": _tensor(source.gather(part)) for i, source in enumerate(self.inputs)}
            yield self._with_prior(inputs, part), self.targets.of(part, 0.0), None

    def _at_once(self) -> int:
        """How many batches are made at once."""
        photo = sum(int(np.prod(activations.shape)) for activations in self.inputs)
        return max(1, MADE_AT_ONCE // (photo * self.recipe.stages[self.stage].batch_size))

    def _training_batches(self, photos: Index, looks: Index, rngs: Sequence[np.random.Generator]) -> list[Batch]:
        """Batches of these photos in this order, with a generator for each."""
        stage, targets = self.recipe.stages[self.stage], self.targets
        inputs = {f"activations_{i}": source.gather(photos, looks) for i, source in enumerate(self.inputs)}
        if self.ways or stage.mixup:
            inputs = {name: halves.astype(np.float32) for name, halves in inputs.items()}
        wanted = targets.of(photos, stage.label_smoothing)
        parts = [slice(i * stage.batch_size, (i + 1) * stage.batch_size) for i in range(len(rngs))]
        for part, rng in zip(parts, rngs, strict=True):
            if self.ways:
                self._shift([array[part] for array in inputs.values()], targets.data.source[photos[part]], rng)
            some, say = ([array[part] for array in arrays.values()] for arrays in (inputs, wanted))
            if stage.cutmix and (not stage.mixup or rng.random() < 0.5):
                _cut_mix(some, say, stage.cutmix, rng)
            elif stage.mixup:
                _mix_up([*some, *say], stage.mixup, rng)
        ends = [part.stop for part in parts[:-1]]
        split = partial(_split, ends=ends)
        inputs, wanted = keras.tree.map_structure(split, (self._with_prior(inputs, photos), wanted))
        weights: list[dict[str, NDArray[np.float32]] | None] = [None] * len(parts)
        if targets.weights is not None:
            each = np.split(targets.weights[targets.data.labels[photos]], ends)
            weights = [dict.fromkeys(targets.outputs, weight) for weight in each]
        return [
            ({n: p[i] for n, p in inputs.items()}, {n: p[i] for n, p in wanted.items()}, weight)
            for i, weight in enumerate(weights)
        ]

    def _shift(self, arrays: Sequence[NDArray[np.float32]], source: Index, rng: np.random.Generator) -> None:
        """Move each photo, in place, a random part, up to source_shift, of the way from its own source to another."""
        count = len(self.targets.data.sources)
        other = (source + rng.integers(1, count, len(source))) % count
        share = rng.uniform(0, self.recipe.source_shift, len(source)).astype(np.float32)
        for array, ways in zip(arrays, self.ways, strict=True):
            array += share.reshape(-1, *[1] * (array.ndim - 1)) * ways[source, other]

    def _with_prior(self, inputs: dict[str, Any], photos: Index) -> dict[str, Any]:
        return inputs | {"log_prior": self.targets.priors[self.targets.data.source[photos]]}


def _mix_up(arrays: Sequence[NDArray[np.float32]], alpha: float, rng: np.random.Generator) -> None:
    """Mix each photo, in place, with another of its batch, and what they should say alike (Zhang et al. 2018)."""
    other = rng.permutation(len(arrays[0]))
    _blend(arrays, other, rng.beta(alpha, alpha, len(other)).astype(np.float32))


def _cut_mix(
    inputs: Sequence[NDArray[Any]], wanted: Sequence[NDArray[np.float32]], alpha: float, rng: np.random.Generator
) -> None:
    """Paste a box of another photo of its batch into each photo, in place; what it should say is mixed by area
    (Yun et al. 2019). inputs: (n, H, W, ...) or, of both sides, (n, 2, H, W, ...).
    """
    other = rng.permutation(len(wanted[0]))
    covered = np.sqrt(1 - rng.beta(alpha, alpha, len(other)))  # of each side

    def inside(side: int) -> NDArray[np.bool_]:
        length = np.round(covered * side).astype(int)
        begin = rng.integers(0, side, len(other)) - length // 2
        place = np.arange(side)
        return (begin[:, None] <= place) & (place < (begin + length)[:, None])

    height, width = inputs[0].shape[-3:-1]  # all are cut at the same place of the same backbone
    box = inside(height)[:, :, None] & inside(width)[:, None, :]
    for array in inputs:
        array[:] = np.where(box.reshape(-1, *[1] * (array.ndim - 4), height, width, 1), array[other], array)
    _blend(wanted, other, 1 - box.mean(axis=(1, 2), dtype=np.float32))


def _blend(arrays: Sequence[NDArray[np.float32]], other: Index, share: NDArray[np.float32]) -> None:
    """Mix each row, in place, with another one; share: of itself that it keeps, (n,)."""
    for array in arrays:
        weight = share.reshape(-1, *[1] * (array.ndim - 1))
        array[:] = weight * array + (1 - weight) * array[other]


def _split(array: NDArray[Any], ends: Sequence[int]) -> list[Any]:
    """A tensor of it, cut at these places."""
    tensor = _tensor(array)
    return list(keras.ops.split(tensor, ends)) if ends else [tensor]


def _tensor(array: NDArray[Any]) -> Any:
    """A float32 tensor of it: NumPy takes six times as long to convert from float16."""
    return keras.ops.cast(keras.ops.convert_to_tensor(array), "float32")


def source_ways(activations: Activations, data: Dataset, train: Index, looks: int) -> NDArray[np.float32]:
    """The way from each source to each other one (sources, sources, ...) float32, in the shape of the activations.

    It is the mean difference over the classes that both have: their light, ground and camera; zero without a common
    class. A class that only one source has, moved along it, is learned as the other would show it, too.
    looks: how many looks of each training photo count.
    """
    pairs = sorted({*zip(data.source[train].tolist(), data.labels[train].tolist(), strict=True)})
    means: dict[tuple[int, int], NDArray[np.float64]] = {}
    for source, label in pairs:
        photos = train[(data.source[train] == source) & (data.labels[train] == label)]
        seen = [
            activations.gather(photos, np.full_like(photos, look)).mean(axis=0, dtype=np.float64)
            for look in range(looks)
        ]
        means[source, label] = np.mean(seen, axis=0)
    count = len(data.sources)
    shape = next(iter(means.values())).shape
    ways = np.zeros((count, count, *shape), np.float32)
    for a in range(count):
        for b in range(count):
            common = [label for source, label in pairs if source == a and (b, label) in means]
            if common:
                ways[a, b] = np.mean([means[b, label] - means[a, label] for label in common], axis=0)
    return ways
