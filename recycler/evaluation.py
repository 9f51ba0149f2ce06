"""A model against photos: the predictions table, the embeddings, and what was left out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recycler.classifier import Classifier, predict_all
from recycler.datasets.dataset import Dataset, IntArray
from recycler.errors import DatasetError
from recycler.predictions import Predictions, predictions

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Evaluated:
    """What a model said of photos.

    table: not yet judged. embeddings: float16 (N, D), a row for each of the table's.
    left_out: what could not be judged or has no class in the model, a sentence each.
    """

    table: Predictions
    embeddings: NDArray[np.float16]
    left_out: tuple[str, ...]


def rows_of(data: Dataset, split: str) -> IntArray:
    """The photos of a split, int64. split: "test", "train" or "all"; a source without splits of its own is whole.

    Raises DatasetError when there are none.
    """
    own = any(data.splits)
    rows = np.array([i for i, name in enumerate(data.splits) if split == "all" or not own or name == split], np.int64)
    if not len(rows):
        raise DatasetError(f"{data.name} has no photos in its split {split}.")
    return rows


def evaluate(
    classifier: Classifier,
    data: Dataset,
    splits: Mapping[int, str],
    mapping: Mapping[str, str],
    threads: int,
    progress: Progress,
) -> Evaluated:
    """Ask a model about photos.

    data: joined photos. splits: photo index to the split to write beside it, for the photos to ask about.
    mapping: data class to the model's class that it counts as, from `map_classes`. Photos of other classes keep the
    name of their class: they say nothing about the model's classes, but the rulebook may know where they go.
    Raises DatasetError when no photo can be opened.
    """
    rows = list(splits)
    readers = [lambda i=i: data.read_bytes(i) for i in rows]
    kept, said, left_out = [], [], []
    for done, (i, answer) in enumerate(zip(rows, predict_all(classifier, readers, threads), strict=True), 1):
        progress(f"photos of {data.name}", done, len(rows))
        if isinstance(answer, Exception):
            left_out.append(f"{data.photos[i]}: {answer}")
            continue
        kept.append(i)
        said.append(answer)
    if not kept:
        raise DatasetError(f"No photo of {data.name} can be opened. {left_out[0]}")
    names = [data.classes[data.labels[i]] for i in kept]
    foreign = sorted({name for name in names if name not in mapping})
    if foreign:
        count = sum(name not in mapping for name in names)
        left_out.insert(0, f"{count} photos of classes that the model does not know: {', '.join(foreign)}.")
    table = predictions(
        classifier.card.classes,
        [data.photos[i] for i in kept],
        [splits[i] for i in kept],
        [mapping.get(name, name) for name in names],
        np.stack([one.probabilities for one in said]),
        np.array([one.recycling for one in said], np.float32),
    )
    return Evaluated(table, np.stack([one.embedding for one in said]).astype(np.float16), tuple(left_out))
