"""Which photos to train on, to validate with and to test with."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from recycler.datasets.dataset import Dataset, IntArray
from recycler.errors import DatasetError

Stratum = tuple[int, int]  # source, label


@dataclass(frozen=True)
class Split:
    """Photo indices, int64, sorted; no photo is in two parts."""

    train: IntArray
    validation: IntArray
    test: IntArray


def split(data: Dataset, *, groups: IntArray, validation: float, test: float, seed: int) -> Split:
    """Divide the photos at random, each class of each source in the same shares, near copies always together.

    Chance is a function of the seed and a photo's id. So another source beside these moves no photo to another part,
    photos that come or go and corrected labels hardly any, and a training on mended data can be compared with the one
    before it.

    groups: int64 (N,), from `near_copy_groups`. validation, test: shares of the photos, from 0 to below 1 together.
    Where a source gives a test split, that one is its test, whole; copies of test photos are then left out of train
    and validation, and `validation` is a share of the remaining photos of that source.
    A class of a source that has at least three photos gives at least one to each part that is asked for.
    Raises DatasetError for shares out of range, or when a part that is asked for stays empty.
    """
    if validation < 0 or test < 0 or validation + test >= 1:
        raise DatasetError(
            f"The shares for validation ({validation:g}) and test ({test:g}) leave nothing to train on; "
            "they should be 0 or more, and together less than 1."
        )
    given = np.array([name == "test" for name in data.splits], dtype=bool)
    tested_sources = set(data.source[given].tolist())
    parts: dict[str, list[int]] = {"train": [], "validation": [], "test": np.flatnonzero(given).tolist()}
    pool = np.flatnonzero(~np.isin(groups, groups[given]))
    for (source, _), units in sorted(_units(data, groups, pool, seed).items()):
        _deal(units, {"test": 0 if source in tested_sources else test, "validation": validation}, parts)
    for part, asked in (("train", 1.0), ("validation", validation), ("test", test)):
        if asked and not parts[part]:
            raise DatasetError(f"{data.name} has {len(data)} photos, too few for a {part} part; add photos.")
    return Split(**{part: np.sort(np.array(indices, dtype=np.int64)) for part, indices in parts.items()})


def _units(data: Dataset, groups: IntArray, pool: IntArray, seed: int) -> dict[Stratum, list[list[int]]]:
    """Groups of photos in random order, by the source and label of the first photo of each."""
    members: defaultdict[int, list[int]] = defaultdict(list)
    for i in data.shuffled(pool, seed).tolist():
        members[int(groups[i])].append(i)
    strata: defaultdict[Stratum, list[list[int]]] = defaultdict(list)
    for unit in members.values():
        strata[int(data.source[unit[0]]), int(data.labels[unit[0]])].append(unit)
    return strata


def _deal(units: list[list[int]], shares: dict[str, float], parts: dict[str, list[int]]) -> None:
    """Fill the parts that have a share with units that still fit; everything else is to train on."""
    photos = sum(len(unit) for unit in units)
    least = 1 if photos >= 3 else 0
    room = {part: max(least, round(share * photos)) if share else 0 for part, share in shares.items()}
    for unit in units:
        part = next((part for part, free in room.items() if len(unit) <= free), "train")
        parts[part] += unit
        if part != "train":
            room[part] -= len(unit)
