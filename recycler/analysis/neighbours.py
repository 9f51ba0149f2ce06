"""Which photos a network takes for alike: nearest neighbours by the cosine of their embeddings."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recycler.familiarity import unit
from recycler.predictions import Names

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

    def rows_of(self, photos: Names) -> NDArray[np.int64]:
        """Where photos are, by their ids: int64 (n,), -1 for one that is not here."""
        return np.asarray(pd.Index(self.photos).get_indexer(pd.Index(photos)), np.int64)


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
    asked = unit(embedding)
    found = np.zeros(len(embeddings), np.float32)
    for start in range(0, len(embeddings), ROWS):
        block = np.asarray(embeddings[start : start + ROWS], np.float32)
        lengths = np.sqrt(np.einsum("nd,nd->n", block, block))
        found[start : start + ROWS] = block @ asked / np.maximum(lengths, 1e-12)
    return found
