"""From the sources that a recipe names to one data set."""

from collections.abc import Callable

import numpy as np

from recycler.datasets import balanced, load_dataset
from recycler.datasets.dataset import Dataset, join, relabel
from recycler.recipe import Data


def load_sources(wanted: Data, load: Callable[[str], Dataset] = load_dataset) -> Dataset:
    """Load the sources, take as many photos of each as asked for, apply their label rules, join them.

    load: name to the whole data set; another one may keep what it has loaded. Opens no photo. Raises DatasetError.
    """
    sources = []
    for source in wanted.sources:
        data = balanced(load(source.name), source.per_class, wanted.seed)
        data = _fewer_to_test(data, source.test_per_class, wanted.seed)
        sources.append(relabel(data, source.labels, source.photo_rule()))
    return join(sources)


def _fewer_to_test(data: Dataset, per_class: int | None, seed: int) -> Dataset:
    """At most `per_class` photos a class of the source's own test split, chosen by `seed`; None for all."""
    if per_class is None:
        return data
    test = np.array([name == "test" for name in data.splits], dtype=bool)
    order = data.shuffled(np.flatnonzero(test), seed)
    chosen = [order[data.labels[order] == label][:per_class] for label in range(len(data.classes))]
    return data.pick(np.sort(np.concatenate([np.flatnonzero(~test), *chosen])))
