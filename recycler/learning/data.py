"""From a recipe's sources to the joined photos and their split."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recycler.datasets.dataset import Dataset
from recycler.datasets.near_copies import near_copy_groups, photo_hashes
from recycler.datasets.sources import load_sources
from recycler.datasets.split import Split, split
from recycler.errors import RecipeError
from recycler.plan import unknown_emphasis
from recycler.recipe import Recipe

Index = NDArray[np.int64]
Progress = Callable[[str, int, int], None]
"""What is being done, how much of it is done, of how much."""


@dataclass(frozen=True)
class Prepared:
    """Joined photos that can all be read, and how they are divided."""

    data: Dataset
    parts: Split


def load_data(recipe: Recipe, progress: Progress | None = None) -> Prepared:
    """Load, relabel and join the recipe's sources, leave out unreadable photos, split without near copies across.

    Raises DatasetError, and RecipeError where the recipe emphasises a class that the photos do not have.
    """
    data = load_sources(recipe.data)
    if problem := unknown_emphasis(recipe, data.classes):
        raise RecipeError(problem)
    hashes, readable = photo_hashes(data, progress)
    if not readable.all():
        broken = tuple((data.photos[i], "cannot be opened") for i in np.flatnonzero(~readable))
        data, hashes = data.pick(np.flatnonzero(readable)), hashes[readable]
        data = replace(data, skipped=data.skipped + broken)
    groups = near_copy_groups(hashes)
    shares = recipe.data
    return Prepared(data, split(data, groups=groups, validation=shares.validation, test=shares.test, seed=shares.seed))


def superclasses(data: Dataset) -> NDArray[np.intp] | None:
    """The number of each class's superclass (C,), in the order of their names; None where not all classes have one."""
    coarse = dict(data.coarse)
    if not coarse.keys() >= {*data.classes}:
        return None
    names = sorted(set(coarse.values()))
    return np.array([names.index(coarse[name]) for name in data.classes])


def log_priors(data: Dataset, masked: bool) -> NDArray[np.float32]:
    """What is added to a photo's logits in training: (sources, C) float32.

    Masked with prior: the log share of each class in the photo's source, and -1e4, no chance, for classes which that
    source does not have. Both are left off at inference. Zero everywhere when not masked, and for collected photos:
    whoever corrected an answer chose among all classes.
    """
    shape = len(data.sources), len(data.classes)
    if not masked:
        return np.zeros(shape, np.float32)
    counts = np.zeros(shape)
    np.add.at(counts, (data.source, data.labels), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        priors = np.maximum(np.log(counts / counts.sum(axis=1, keepdims=True)), -1e4)
    priors[[name == "collected" for name in data.sources]] = 0
    return np.asarray(priors, dtype=np.float32)
