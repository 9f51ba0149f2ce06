"""A shelf model on LiteRT: photos to predictions, shared safely by all visitors."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from recycler.errors import ModelError, PhotoError
from recycler.familiarity import familiarity
from recycler.photos import read_photo
from recycler.settings import settings
from recycler.shelf import Card, ShelfModel, load_model
from recycler.verdict import Prediction

Reader = Callable[[], bytes]

BATCH = 8  # photos a call: large enough to keep two cores busy, small enough to stay in their caches


class Classifier:
    """One LiteRT interpreter behind a lock.

    Raises ModelError when the file is no LiteRT model or does not have the card's inputs and outputs, or the
    references are none.
    """

    def __init__(self, model: ShelfModel, threads: int = 1) -> None:
        self.card: Card = model.card
        self._lock = threading.Lock()
        self._interpreter = _open(model.litert, self.card, threads)
        self._runner = self._interpreter.get_signature_runner()
        self._references = model.references()

    def predict(self, photos: NDArray[np.uint8]) -> list[Prediction]:
        """Predictions for photos (N, S, S, 3), RGB in [0, 255], S the card's input size.

        Raises ValueError for another shape. Threads may call this at once: each gets its own answers.
        """
        size = self.card.input_size
        if photos.ndim != 4 or photos.shape[1:] != (size, size, 3):
            raise ValueError(f"photos have shape {photos.shape}, expected (N, {size}, {size}, 3)")
        predictions: list[Prediction] = []
        for start in range(0, len(photos), BATCH):
            predictions += self._predict_batch(photos[start : start + BATCH])
        return predictions

    def read(self, data: bytes) -> NDArray[np.uint8]:
        """Untrusted bytes to the pixels (S, S, 3) that this model takes. Raises PhotoError."""
        return read_photo(data, self.card.input_size)

    def classify(self, data: bytes) -> Prediction:
        """The prediction for one encoded photo. Raises PhotoError."""
        return self.predict(self.read(data)[None])[0]

    def _predict_batch(self, photos: NDArray[np.uint8]) -> list[Prediction]:
        with self._lock:
            outputs = self._runner(photo=photos.astype(np.float32))
        probabilities = soften(outputs["object"], self.card.temperature)
        return [
            Prediction(self.card.classes, p, float(r), e, float(f))
            for p, r, e, f in zip(
                probabilities,
                outputs["recycling"][:, 0],
                outputs["embedding"],
                familiarity(outputs["embedding"], self._references),
                strict=True,
            )
        ]


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
        ahead = deque(pool.submit(pixels, reader) for reader in islice(waiting, 4 * BATCH))
        while ahead:
            batch = [ahead.popleft().result() for _ in range(min(BATCH, len(ahead)))]
            ahead.extend(pool.submit(pixels, reader) for reader in islice(waiting, BATCH))
            good = [photo for photo in batch if not isinstance(photo, Exception)]
            answers = iter(classifier.predict(np.stack(good)) if good else [])
            for photo in batch:
                yield photo if isinstance(photo, Exception) else next(answers)


def soften(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Probabilities (N, C) of the same logits divided by a temperature (Guo et al. 2017), float32."""
    scaled = np.maximum(probabilities, 1e-12) ** (1.0 / temperature)
    return np.asarray(scaled / scaled.sum(axis=-1, keepdims=True), dtype=np.float32)


def load_classifier(name: str, threads: int = 1) -> Classifier:
    """The classifier of a model on the shelf of the settings. Raises ModelError."""
    return Classifier(load_model(settings().models, name), threads)


def _open(path: Path, card: Card, threads: int) -> Interpreter:
    try:
        interpreter = Interpreter(model_path=str(path), num_threads=threads)
        interpreter.allocate_tensors()
        [signature] = interpreter.get_signature_list()
        runner = interpreter.get_signature_runner(signature)
    except (ValueError, RuntimeError) as problem:
        raise ModelError(f"The file {path.name} of “{card.name}” is no LiteRT model: publish it again.") from problem
    expected_inputs = {"photo": [card.input_size, card.input_size, 3]}
    expected_outputs = {"object": [len(card.classes)], "recycling": [1], "embedding": [card.embedding_size]}
    outputs = _shapes(runner.get_output_details())  # a network may have more, such as superclasses
    if _shapes(runner.get_input_details()) != expected_inputs or not expected_outputs.items() <= outputs.items():
        raise ModelError(f"The LiteRT file of “{card.name}” has other inputs or outputs than its card says.")
    return interpreter


def _shapes(details: dict[str, dict[str, Sequence[int]]]) -> dict[str, list[int]]:
    return {name: [int(n) for n in detail["shape"][1:]] for name, detail in details.items()}
