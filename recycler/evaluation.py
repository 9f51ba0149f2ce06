"""A shelf model against a data set: the predictions table."""

from collections.abc import Callable

import numpy as np

from recycler.classifier import Classifier, predict_all
from recycler.datasets.dataset import Dataset, join
from recycler.errors import DatasetError
from recycler.predictions import Predictions, predictions
from recycler.rulebook import Rulebook


def evaluate(
    classifier: Classifier,
    data: Dataset,
    split: str,
    rulebook: Rulebook,
    threads: int,
    progress: Callable[[str, int, int], None],
) -> tuple[Predictions, list[str]]:
    """The predictions table of a data set, and what was left out, a sentence each.

    split: "test", "train" or "all"; a source that has no split of its own is taken whole.
    Photos of classes that the model does not know are left out. Raises DatasetError when none is left.
    """
    data = join([data])
    known = set(classifier.card.classes)
    own_splits = any(data.splits)
    chosen = [i for i in range(len(data)) if split == "all" or not own_splits or data.splits[i] == split]
    foreign = [i for i in chosen if data.classes[data.labels[i]] not in known]
    left_out = []
    if foreign:
        names = sorted({data.classes[data.labels[i]] for i in foreign})
        left_out.append(f"{len(foreign)} photos of classes that the model does not know: {', '.join(names)}.")
    kept = [i for i in chosen if data.classes[data.labels[i]] in known]
    if not kept:
        raise DatasetError(f"{data.name} has no photos of the model's classes: {', '.join(classifier.card.classes)}.")
    readers = [lambda i=i: data.read_bytes(i) for i in kept]
    photos, true, said = [], [], []
    for done, (i, answer) in enumerate(zip(kept, predict_all(classifier, readers, threads), strict=True), 1):
        progress(f"photos of {data.name}", done, len(kept))
        if isinstance(answer, Exception):
            left_out.append(f"{data.photos[i]}: {answer}")
            continue
        photos.append(data.photos[i])
        true.append(data.classes[data.labels[i]])
        said.append(answer)
    table = predictions(
        classifier.card.classes,
        photos,
        split,
        true,
        np.stack([one.probabilities for one in said]),
        np.array([one.recycling for one in said], np.float32),
    ).judged(rulebook, classifier.card.thresholds)
    return table, left_out
