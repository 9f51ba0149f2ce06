"""What a data set holds and how it will be divided, told before anything is trained and without opening a photo."""

from dataclasses import dataclass

import numpy as np

from recycler.datasets.dataset import Dataset
from recycler.datasets.split import split


@dataclass(frozen=True)
class Summary:
    """Counts of photos.

    classes: class to its photos to learn from and validate with, a source's own test photos left out.
    train, validation, test: the parts as far as they are known before near copies are found, which stay together.
    skipped: name and reason of what was left out.
    """

    classes: dict[str, int]
    train: int
    validation: int
    test: int
    skipped: tuple[tuple[str, str], ...]

    @property
    def photos(self) -> int:
        """Photos to learn from, to validate with and to test with."""
        return self.train + self.validation + self.test

    @property
    def imbalance(self) -> float:
        """How many times the photos of the rarest class the commonest has; infinite when a class has none."""
        fewest = min(self.classes.values())
        return max(self.classes.values()) / fewest if fewest else float("inf")


def summarise(data: Dataset, validation: float, test: float, seed: int) -> Summary:
    """Count and divide. validation, test: shares. Raises DatasetError when a part would stay empty."""
    parts = split(data, groups=np.arange(len(data)), validation=validation, test=test, seed=seed)
    learning = data.pick(np.flatnonzero([name != "test" for name in data.splits]))
    return Summary(learning.counts(), len(parts.train), len(parts.validation), len(parts.test), data.skipped)
