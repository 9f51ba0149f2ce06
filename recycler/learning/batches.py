"""Batches for a stage: which photos in which looks, their activations, and what each output should say.

All of it follows from recipe, stage, epoch and step alone, so a training that was broken off sees the same batches.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recycler.datasets.dataset import Dataset
from recycler.learning.activations import Activations
from recycler.learning.data import Index
from recycler.recipe import Recipe
from recycler.rulebook import Rulebook

Batch = tuple[dict[str, NDArray[Any]], dict[str, NDArray[np.float32]], dict[str, NDArray[np.float32]]]
"""Inputs, targets and weights by name, as Keras takes them."""

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
    weights: of each class (C,), mean 1 over the training photos.
    """

    data: Dataset
    rulebook: Rulebook
    outputs: Sequence[str]
    priors: NDArray[np.float32]
    weights: NDArray[np.float32]

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
            coarse = dict(data.coarse)
            names = sorted(set(coarse.values()))
            place = np.array([names.index(coarse[name]) for name in data.classes])
            result["coarse"] = np.eye(len(names), dtype=np.float32)[place[labels]]
        return {name: result[name] for name in self.outputs}


def class_weights(data: Dataset, train: Index, balanced: bool) -> NDArray[np.float32]:
    """Weight of each class (C,): 1, or such that all classes together weigh the same, 1 on average over photos."""
    counts = np.bincount(data.labels[train], minlength=len(data.classes))
    if not balanced:
        return np.ones(len(counts), np.float32)
    return np.where(counts > 0, counts.sum() / np.maximum(counts, 1) / (counts > 0).sum(), 0).astype(np.float32)


@dataclass(frozen=True)
class Batches:
    """Batches of a stage for training and validation.

    inputs: activations of each front of the stage's network.
    blended: embeddings that replace the activations in training (recipe's source_mixup), in the order of the epoch's
        photos before shuffling: photo and look to a row.
    """

    recipe: Recipe
    stage: int
    inputs: Sequence[Activations]
    targets: Targets
    train: Index
    blended: "Blended | None" = None

    @property
    def device(self) -> str:
        """The device that trains: "cpu" or "gpu"."""
        return self.inputs[0].device

    def training(self, epoch: int, first: int) -> Iterator[Batch]:
        """Batches of one epoch from step `first` (from 0) on, the next one made while the last one is used."""
        photos, looks = epoch_order(self.recipe, self.stage, epoch, self.train)
        size = self.recipe.stages[self.stage].batch_size
        steps = range(first * size, len(photos), size)

        def make(start: int) -> Batch:
            part = slice(start, start + size)
            return self._training_batch(photos[part], looks[part], np.random.default_rng([self.stage, epoch, start]))

        with ThreadPoolExecutor(1) as ahead:
            upcoming = ahead.submit(make, steps[0]) if steps else None
            for following in [*steps[1:], None]:
                assert upcoming is not None  # noqa: S101
                batch = upcoming.result()
                upcoming = None if following is None else ahead.submit(make, following)
                yield batch

    def steps(self) -> int:
        """Steps an epoch."""
        photos, _ = epoch_order(self.recipe, self.stage, 1, self.train)
        return -(-len(photos) // self.recipe.stages[self.stage].batch_size)

    def plain(self, photos: Index, size: int) -> Iterator[Batch]:
        """Batches of photos as they are, in order, for validation."""
        for start in range(0, len(photos), size):
            part = photos[start : start + size]
            weights = np.ones(len(part), np.float32)
            inputs = {
                f"activations_{i}": source.gather(part).astype(np.float32) for i, source in enumerate(self.inputs)
            }
            yield (
                self._with_prior(inputs, part),
                self.targets.of(part, 0.0),
                dict.fromkeys(self.targets.outputs, weights),
            )

    def _training_batch(self, photos: Index, looks: Index, rng: np.random.Generator) -> Batch:
        stage, targets = self.recipe.stages[self.stage], self.targets
        if self.blended is not None:
            inputs = {"activations_0": self.blended.gather(photos, looks)}
        else:
            inputs = {f"activations_{i}": s.gather(photos, looks).astype(np.float32) for i, s in enumerate(self.inputs)}
        inputs = self._with_prior(inputs, photos)
        wanted = targets.of(photos, stage.label_smoothing)
        if stage.mixup:
            other = rng.permutation(len(photos))
            share = rng.beta(stage.mixup, stage.mixup, len(photos)).astype(np.float32)
            inputs, wanted = (
                {name: _mix(array, other, share) if name != "log_prior" else array for name, array in arrays.items()}
                for arrays in (inputs, wanted)
            )
        weights = dict.fromkeys(targets.outputs, targets.weights[targets.data.labels[photos]])
        return inputs, wanted, weights

    def _with_prior(self, inputs: dict[str, NDArray[Any]], photos: Index) -> dict[str, NDArray[Any]]:
        return inputs | {"log_prior": self.targets.priors[self.targets.data.source[photos]]}


def _mix(array: NDArray[Any], other: Index, share: NDArray[np.float32]) -> NDArray[Any]:
    weight = share.reshape(-1, *[1] * (array.ndim - 1))
    return np.asarray(weight * array + (1 - weight) * array[other], dtype=np.float32)


@dataclass(frozen=True)
class Blended:
    """Embeddings (n, D) float32 in memory, and where each photo's look is among them."""

    embedding: NDArray[np.float32]
    row: dict[tuple[int, int], int]

    def gather(self, photos: Index, looks: Index) -> NDArray[np.float32]:
        """Embeddings (n, D) of photos in looks."""
        return self.embedding[
            [self.row[photo, look] for photo, look in zip(photos.tolist(), looks.tolist(), strict=True)]
        ]


def mix_sources(
    embedding: NDArray[np.float32], labels: Index, source: Index, most: float, seed: int
) -> NDArray[np.float32]:
    """Move each embedding a random part of the way, up to `most`, to one of its class from another source.

    What tells the sources apart (background, light, camera) fades so, and what tells the classes apart stays. A kind of
    mixup (Zhang et al. 2018) whose label does not change. embedding: (n, D) float32; labels, source: int64 (n,).
    Classes that only one source has stay as they are.
    """
    rng = np.random.default_rng(seed)
    partner = np.arange(len(labels))
    for label, own in sorted({*zip(labels.tolist(), source.tolist(), strict=True)}):
        others = [np.flatnonzero((labels == label) & (source == s)) for s in np.unique(source) if s != own]
        others = [photos for photos in others if len(photos)]
        for i in np.flatnonzero((labels == label) & (source == own)) if others else ():
            partner[i] = rng.choice(others[rng.integers(len(others))])
    share = rng.uniform(0, most, (len(labels), 1)).astype(np.float32)
    return embedding + share * (embedding[partner] - embedding)
