"""A shelf model against a data set: the predictions table."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recycler.classifier import BATCH, Classifier
from recycler.datasets.dataset import Dataset
from recycler.errors import DatasetError, PhotoError
from recycler.metrics import predictions_table
from recycler.rulebook import Rulebook
from recycler.verdict import Prediction

Reader = Callable[[], bytes]


def predict_all(classifier: Classifier, readers: Iterable[Reader], threads: int) -> Iterator[Prediction | Exception]:
    """Predictions in order, or the problem of a photo that cannot be had (PhotoError or OSError).

    readers: each gives the bytes of one photo. Threads decode a few batches ahead while the network works.
    """

    def pixels(reader: Reader) -> NDArray[np.uint8] | Exception:
        try:
            return classifier.read(reader())
        except (PhotoError, OSError) as problem:
            return problem

    waiting = iter(readers)
    with ThreadPoolExecutor(threads) as pool:
        ahead = deque(pool.submit(pixels, reader) for reader, _ in zip(waiting, range(4 * BATCH), strict=False))
        while ahead:
            batch = [ahead.popleft().result() for _ in range(min(BATCH, len(ahead)))]
            ahead.extend(pool.submit(pixels, reader) for reader, _ in zip(waiting, range(BATCH), strict=False))
            good = [photo for photo in batch if not isinstance(photo, Exception)]
            answers = iter(classifier.predict(np.stack(good)) if good else [])
            for photo in batch:
                yield photo if isinstance(photo, Exception) else next(answers)


def evaluate(
    classifier: Classifier,
    data: Dataset,
    split: str,
    rulebook: Rulebook,
    threads: int,
    progress: Callable[[str, int, int], None],
) -> tuple[pd.DataFrame, list[str]]:
    """The predictions table of a data set, and what was left out, a sentence each.

    split: "test", "train" or "all"; a source that has no split of its own is taken whole.
    Photos of classes that the model does not know are left out. Raises DatasetError when none is left.
    """
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
    photos, true, predictions = [], [], []
    for done, (i, answer) in enumerate(zip(kept, predict_all(classifier, readers, threads), strict=True), 1):
        progress(f"photos of {data.name}", done, len(kept))
        if isinstance(answer, Exception):
            left_out.append(f"{data.photos[i]}: {answer}")
            continue
        photos.append(data.photos[i])
        true.append(data.classes[data.labels[i]])
        predictions.append(answer)
    table = predictions_table(photos, split, true, predictions, rulebook, classifier.card.thresholds)
    return table, left_out
