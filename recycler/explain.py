"""Which part of a photo decided: cover one part after another and see how far the answer drops.

Occlusion sensitivity after Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (2014). It needs
nothing but predictions, so it works through LiteRT for every model.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recycler.photos import Photo
from recycler.verdict import Prediction


class Predictor(Protocol):
    """What explaining needs of a classifier."""

    def predict(self, photos: NDArray[np.uint8]) -> Sequence[Prediction]:
        """One prediction for each of the photos (N, S, S, 3)."""
        ...


def occlusion_map(classifier: Predictor, photo: Photo, class_name: str, cells: int = 7) -> NDArray[np.float32]:
    """How much of a class's probability each part of a photo carries: float32 (cells, cells), rows from the top.

    A value is the drop in probability (-1 to 1) when a patch around that cell is painted in the photo's mean colour;
    negative where the covered part spoke against the class. The patch is twice the cell's width, so that neighbours
    overlap: one cell alone is often too small to hide anything.

    photo: uint8 (S, S, 3), as the classifier takes it. cells: 1 to S; costs cells * cells + 1 predictions, in one call.
    Raises ValueError for a class that the classifier does not know.
    """
    borders = np.linspace(0, len(photo), cells + 1)
    half = len(photo) / cells / 2
    starts = np.floor(borders[:-1] - half).clip(0).astype(int)
    ends = np.ceil(borders[1:] + half).astype(int)
    covered = np.repeat(photo[None], cells * cells + 1, axis=0)
    mean = photo.mean(axis=(0, 1)).round().astype(np.uint8)
    for cell in range(cells * cells):
        row, column = divmod(cell, cells)
        covered[cell, starts[row] : ends[row], starts[column] : ends[column]] = mean
    predictions = classifier.predict(covered)  # the last one is the photo itself
    known = predictions[-1].classes
    if class_name not in known:
        raise ValueError(f"the classifier knows {', '.join(known)}, but not {class_name!r}")
    place = known.index(class_name)
    left = np.array([prediction.probabilities[place] for prediction in predictions], dtype=np.float32)
    drops: NDArray[np.float32] = left[-1] - left[:-1]
    return drops.reshape(cells, cells)
