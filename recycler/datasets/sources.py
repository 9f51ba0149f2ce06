"""From the sources that a recipe names to one data set."""

from collections.abc import Callable
from pathlib import PurePosixPath

import numpy as np

from recycler.datasets import balanced, load_dataset
from recycler.datasets.dataset import Dataset, join, relabel
from recycler.datasets.overlay import overlay
from recycler.recipe import Data, Source


def load_sources(wanted: Data, load: Callable[[str], Dataset] = load_dataset) -> Dataset:
    """Load the sources, take as many photos of each as asked for, apply their label rules, join them.

    A photo whose label somebody corrected keeps that, whatever the recipe said of it before.

    load: name to the whole data set; another one may keep what it has loaded. Opens no photo. Raises DatasetError.
    """
    sources = []
    for source in wanted.sources:
        data = balanced(load(source.name), source.per_class, wanted.seed)
        data = _fewer_to_test(data, source.test_per_class, wanted.seed)
        sources.append(relabel(data, source.labels, _photo_rule(source)))
    return join(sources)


def _photo_rule(source: Source) -> dict[str, str | None]:
    """The recipe's label rule for photos, without those of corrected photos, which may not even be there."""
    corrected = {PurePosixPath(photo).stem for photo in overlay(source.name)}
    return {photo: name for photo, name in source.photo_rule().items() if photo not in corrected}


def _fewer_to_test(data: Dataset, per_class: int | None, seed: int) -> Dataset:
    """At most `per_class` photos a class of the source's own test split, chosen by `seed`; None for all."""
    if per_class is None:
        return data
    test = np.array([name == "test" for name in data.splits], dtype=bool)
    order = data.shuffled(np.flatnonzero(test), seed)
    chosen = [order[data.labels[order] == label][:per_class] for label in range(len(data.classes))]
    return data.pick(np.sort(np.concatenate([np.flatnonzero(~test), *chosen])))
