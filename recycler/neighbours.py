"""Which photos a network takes for alike: nearest neighbours by the cosine of their embeddings."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recycler.errors import PredictionsError
from recycler.predictions import Names, read_predictions
from recycler.runs import PREDICTIONS_FILE

EMBEDDINGS_FILE = "embeddings.npy"
ROWS = 8192  # embeddings at once, so that halves become whole floats in a few megabytes


@dataclass(frozen=True, eq=False)
class Embedded:
    """Photos as a network sees them.

    photos, classes: ids and class names, str (N,). embeddings: float16 or float32 (N, D), the pooled features; they
    may lie on disk.
    """

    photos: Names
    classes: Names
    embeddings: NDArray[np.floating]

    def __len__(self) -> int:
        return len(self.photos)


class Neighbour(NamedTuple):
    """A photo, its class, and how like the asked one it is: the cosine similarity, -1 to 1."""

    photo: str
    class_name: str
    likeness: float


def nearest(
    among: Embedded, embedding: NDArray[np.floating], count: int, class_name: str | None = None, but: str | None = None
) -> list[Neighbour]:
    """The photos most like one, the nearest first.

    embedding: (D,) of the asked photo. count: at most so many. class_name: only of this class. but: the id of a photo
    that is passed over, the asked one itself.
    """
    fits = among.photos != but
    if class_name is not None:
        fits &= among.classes == class_name
    rows = np.flatnonzero(fits)
    likeness = cosines(among.embeddings, embedding)[rows]
    order = np.argsort(-likeness, kind="stable")[:count]
    return [
        Neighbour(str(among.photos[row]), str(among.classes[row]), float(likeness[i]))
        for i, row in zip(order.tolist(), rows[order].tolist(), strict=True)
    ]


def cosines(embeddings: NDArray[np.floating], embedding: NDArray[np.floating]) -> NDArray[np.float32]:
    """Cosine similarity of each of (N, D) to one (D,), float32 (N,); 0 where one of the two is all zero."""
    asked = embedding.astype(np.float32)
    asked /= max(float(np.linalg.norm(asked)), 1e-12)
    found = np.zeros(len(embeddings), np.float32)
    for start in range(0, len(embeddings), ROWS):
        block = np.asarray(embeddings[start : start + ROWS], np.float32)
        lengths = np.sqrt(np.einsum("nd,nd->n", block, block))
        found[start : start + ROWS] = block @ asked / np.maximum(lengths, 1e-12)
    return found


def read_embedded(folder: Path, classes: Sequence[str] | None = None) -> Embedded:
    """What an evaluation kept: the photos of its predictions table, and their embeddings, which stay on disk.

    classes: those of the model, for a table that does not name them.
    Raises PredictionsError when there are none, or they are not of these photos.
    """
    table = read_predictions(folder / PREDICTIONS_FILE, classes)
    try:
        embeddings = np.load(folder / EMBEDDINGS_FILE, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as problem:
        raise PredictionsError("The embeddings of these photos are missing or damaged; evaluate them again.") from problem
    if embeddings.ndim != 2 or len(embeddings) != len(table) or embeddings.dtype.kind != "f":
        raise PredictionsError("The embeddings are of other photos than the predictions; evaluate these again.")
    return Embedded(table.photos, np.array(table.names, object)[table.true], embeddings)
