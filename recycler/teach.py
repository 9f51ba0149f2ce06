"""What was taught changes the next answer at once, without a training.

A photo that somebody corrected is an example of its class. Each example speaks for its class as far as it is near: 0
for a photo no more like it than strange things are like each other, 1 for the very same photo. The examples of a class
add up like the sides of a right angle: many near ones say more than one, and twenty alike do not shout. What they say
multiplies the odds that the network gives the class. What was taught is familiar from then on. A photo like none of
them gets the network's own answer.

It is a cache of examples beside a network (Zhang et al. 2022, Tip-Adapter) with a kernel that ends. Form and constants
were chosen on two sources that the network had not seen: `benchmarks/teach.md`.
"""

import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recycler.classifier import Classifier, predict_all
from recycler.datasets.collected import Collected, keep, list_collected
from recycler.errors import DatasetError
from recycler.familiarity import unit
from recycler.runs import write_atomically
from recycler.settings import PROJECT, settings
from recycler.shelf import LITERT_FILE
from recycler.verdict import Prediction

NATS = 6.0  # what the very same photo adds to the logit of its class
FLOOR = 0.01  # least probability that is lifted, above e to -NATS: a correction wins where the network was sure
MOST_NATS = 500.0  # keeps a thousand copies of one photo within what a float holds
STRANGERS = PROJECT / "samples"  # different things: how like each other are they to a network?
UNLIKE = 0.35  # cosine similarity of strangers, should there be no samples


@dataclass(frozen=True, eq=False)
class Memory:
    """What one model knows of the collected photos.

    photos: n collected photos of classes that the model knows.
    embeddings: float32 (n, D), of length 1. labels: int64 (n,), an index into the model's classes.
    unlike: cosine similarity up to which two photos have nothing to say to each other, in this model's embeddings.
    """

    photos: Sequence[Collected]
    embeddings: NDArray[np.float32]
    labels: NDArray[np.int64]
    unlike: float = UNLIKE

    def blend(self, prediction: Prediction) -> Prediction:
        """The prediction in the light of what was taught; the same object when nothing taught is like this photo."""
        if not self.photos:
            return prediction
        likeness = self.embeddings @ unit(prediction.embedding)
        evidence = class_evidence(likeness, self.labels, len(prediction.classes), self.unlike)
        if not evidence.any():
            return prediction
        return replace(
            prediction,
            probabilities=lift(prediction.probabilities, evidence),
            familiarity=max(prediction.familiarity, float(likeness.max())),
        )


NOTHING_TAUGHT = Memory((), np.zeros((0, 0), np.float32), np.zeros(0, np.int64))


def class_evidence(
    likeness: NDArray[np.float32], labels: NDArray[np.int64], classes: int, unlike: float
) -> NDArray[np.float64]:
    """What examples say for each class, in nats (C,), from 0.

    likeness: cosine similarity (n,) of the examples to the photo. labels: int64 (n,), their classes.
    unlike: the likeness of strangers, from which on an example speaks.
    """
    near = np.clip((likeness.astype(np.float64) - unlike) / (1 - unlike), 0, 1)
    total: NDArray[np.float64] = np.sqrt(np.bincount(labels, near**2, classes))
    return np.minimum(NATS * total, MOST_NATS)


def lift(probabilities: NDArray[np.float32], evidence: NDArray[np.float64]) -> NDArray[np.float32]:
    """Probabilities (C,) with the odds of each class multiplied by e to its evidence, float32, summing to 1."""
    p = probabilities.astype(np.float64)
    lifted = p + (p + FLOOR) * np.expm1(evidence)
    return np.asarray(lifted / lifted.sum(), dtype=np.float32)


def teach(classifier: Classifier, data: bytes, class_name: str) -> Collected:
    """Keep a photo as an example of a class. Raises PhotoError, and DatasetError for a class that the model lacks."""
    known = classifier.card.classes
    if class_name not in known:
        raise DatasetError(
            f"The model “{classifier.card.name}” does not know “{class_name}”, so it cannot learn it from a photo. "
            f"It knows: {', '.join(known)}. A new class takes a training."
        )
    return keep(data, class_name)


def recall(classifier: Classifier, threads: int = 1) -> Memory:
    """The memory of a model: embeddings from its file, those of photos that are new to it from the network.

    A collected photo that cannot be opened is passed over.
    """
    known = {name: label for label, name in enumerate(classifier.card.classes)}
    photos = [photo for photo in list_collected() if photo.class_name in known]
    file = settings().taught / f"{classifier.card.checksums[LITERT_FILE]}.npz"
    if not photos:
        with suppress(OSError):
            file.unlink()  # what is left of photos that were forgotten
        return NOTHING_TAUGHT
    kept = _read(file, classifier.card.embedding_size)
    embeddings, unlike = kept or ({}, likeness_of_strangers(classifier, threads))
    new = [photo for photo in photos if photo.id not in embeddings]
    looked = _embed(classifier, [photo.path for photo in new], threads)
    embeddings |= {photo.id: embedding for photo, embedding in zip(new, looked, strict=True) if embedding is not None}
    photos = [photo for photo in photos if photo.id in embeddings]
    if not photos:
        return NOTHING_TAUGHT
    if new or len(embeddings) > len(photos):
        _write(file, {photo.id: embeddings[photo.id] for photo in photos}, unlike)
    labels = np.array([known[photo.class_name] for photo in photos], dtype=np.int64)
    return Memory(photos, np.stack([embeddings[photo.id] for photo in photos]), labels, unlike)


def _embed(classifier: Classifier, files: Sequence[Path], threads: int) -> list[NDArray[np.float32] | None]:
    """An embedding (D,) of length 1 for each file, None for one that cannot be opened."""
    answers = predict_all(classifier, [file.read_bytes for file in files], threads)
    return [unit(answer.embedding) if isinstance(answer, Prediction) else None for answer in answers]


def likeness_of_strangers(classifier: Classifier, threads: int = 1) -> float:
    """The mean cosine similarity of our sample photos to each other: it differs much from backbone to backbone."""
    found = _embed(classifier, sorted(STRANGERS.glob("*.jpg")), threads)
    embeddings = np.array([embedding for embedding in found if embedding is not None])
    if len(embeddings) < 2:
        return UNLIKE
    pairs = (embeddings @ embeddings.T)[np.triu_indices(len(embeddings), 1)]
    return float(pairs.mean().clip(0, 0.9))


def _read(file: Path, size: int) -> tuple[dict[str, NDArray[np.float32]], float] | None:
    """Photo id to embedding (size,), and `unlike`; None when the file is missing, damaged or of another kind."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as content:
            ids, embeddings, unlike = content["ids"], content["embeddings"].astype(np.float32), float(content["unlike"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None
    if embeddings.shape != (len(ids), size) or not np.isfinite(embeddings).all() or not 0 <= unlike < 1:
        return None
    return dict(zip(ids.tolist(), embeddings, strict=True)), unlike


def _write(file: Path, embeddings: dict[str, NDArray[np.float32]], unlike: float) -> None:
    content = BytesIO()
    np.savez(content, ids=np.array(list(embeddings)), embeddings=np.stack(list(embeddings.values())), unlike=unlike)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, content.getvalue(), durable=False)
