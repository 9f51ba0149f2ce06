"""A model against photos: the predictions table, the embeddings, and what was left out."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recycler.classifier import Classifier, predict_all
from recycler.datasets.dataset import Dataset, IntArray
from recycler.errors import DatasetError
from recycler.predictions import Predictions, predictions
from recycler.rulebook import Rulebook

Progress = Callable[[str, int, int], None]

MOST_NAMED = 100  # photos that cannot be opened; of more only the number is told
HALF = 65504.0  # the largest float16


@dataclass(frozen=True)
class Evaluated:
    """What a model said of photos.

    table: not yet judged. embeddings: float16 (N, D), a row for each of the table's.
    left_out: photos that could not be opened, a sentence each.
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
    readers = (lambda i=i: data.read_bytes(i) for i in rows)
    probabilities = np.zeros((len(rows), len(classifier.card.classes)), np.float32)
    embeddings = np.zeros((len(rows), classifier.card.embedding_size), np.float16)
    recycling, familiarity = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
    opened = np.ones(len(rows), np.bool_)
    problems = []
    for row, answer in enumerate(predict_all(classifier, readers, threads)):
        if isinstance(answer, Exception):
            opened[row] = False
            problems.append(f"{data.photos[rows[row]]}: {answer}")
        else:
            probabilities[row], recycling[row] = answer.probabilities, answer.recycling
            familiarity[row] = answer.familiarity
            embeddings[row] = answer.embedding.clip(-HALF, HALF)
        progress(f"photos of {data.name}", row + 1, len(rows))
    if not opened.any():
        raise DatasetError(f"No photo of {data.name} can be opened. {problems[0]}")
    kept = np.array(rows)[opened].tolist()
    names = [data.classes[data.labels[i]] for i in kept]
    table = predictions(
        classifier.card.classes,
        [data.photos[i] for i in kept],
        [splits[i] for i in kept],
        [mapping.get(name, name) for name in names],
        probabilities[opened],
        recycling[opened],
        familiarity[opened],
    )
    rest = len(problems) - MOST_NAMED
    more = [f"{rest:,} more photos cannot be opened."] if rest > 0 else []
    return Evaluated(table, embeddings[opened], (*problems[:MOST_NAMED], *more))


def limits(table: Predictions, mapping: Mapping[str, str], rulebook: Rulebook) -> list[str]:
    """What the figures of a table cannot say, a sentence each.

    Classes that the model lacks, or the rulebook, too; and where a class would go elsewhere by the rulebook than the
    one that it counts as, which decides: what is true of a photo is one thing, for its class and its destination alike.
    """
    unknown = Counter(np.array(table.names, object)[table.true[~table.known]].tolist())
    ruled = {name for name in unknown if name in rulebook.classes}
    sentences = []
    for names, lot in (
        (ruled, "that the model does not know count for recycling or bin alone"),
        (unknown.keys() - ruled, f"that neither the model nor the rules “{rulebook.title}” know count for nothing"),
    ):
        if names:
            count = sum(unknown[name] for name in names)
            sentences.append(f"{count:,} photo{'s' * (count != 1)} of classes {lot}: {_listed(sorted(names))}.")
    for name, counts_as in mapping.items():
        both = name in rulebook.classes and counts_as in rulebook.classes
        if both and rulebook.recycles(name) != rulebook.recycles(counts_as):
            sentences.append(
                f"{name} counts as {counts_as} for recycling or bin, too, although the rules “{rulebook.title}” send "
                "the two different ways."
            )
    return sentences


def _listed(names: list[str], most: int = 20) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
