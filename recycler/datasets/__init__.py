"""Labelled photos by name or path: `load_dataset`."""

from pathlib import Path

import numpy as np

from recycler.datasets.archive import load_archive
from recycler.datasets.cifar100 import load_cifar100
from recycler.datasets.collected import load_collected
from recycler.datasets.dataset import Dataset
from recycler.datasets.folder import load_folder
from recycler.datasets.named import NAMED, available_datasets, find_named, missing
from recycler.datasets.overlay import overlaid, overlay, overlay_size
from recycler.errors import DatasetError

__all__ = ["NAMED", "available_datasets", "balanced", "dataset_stamp", "load_dataset", "source_name"]


def load_dataset(name: str, *, per_class: int | None = None, seed: int = 0, corrected: bool = True) -> Dataset:
    """The data set of a name in NAMED, or of the path of a zip or folder that holds one folder a class.

    Named ones lie in a folder of their name in RECYCLER_DATA or in RECYCLER_HOME/data; `collected` are the photos that
    were taught, in RECYCLER_HOME/collected.
    corrected: whether corrected labels (`recycler.labels`) are applied.
    per_class: only so many photos of each class (all of a class that has fewer), chosen by `seed`; photos of a test
        split that the source gives stay whole.
    Raises DatasetError when there is no such data set or it cannot be used.
    """
    if per_class is not None and per_class < 1:
        raise DatasetError(f"A data set of {per_class} photos a class was asked for; one is the least.")
    data = _load(name)
    return balanced(overlaid(data, overlay(name)) if corrected else data, per_class, seed)


def source_name(name: str) -> str:
    """What a data set is called as a source: the beginning of its photos' ids in a predictions table."""
    if name in NAMED:
        return name
    path = Path(name).expanduser()
    return path.resolve().name if path.is_dir() else path.stem


def dataset_stamp(name: str) -> tuple[int, int]:
    """What changes when the data set or its corrected labels do, without opening it: for caches."""
    path = find_named(name) if name in NAMED else Path(name).expanduser()
    try:
        changed = path.stat().st_mtime_ns if path else 0
    except OSError:
        changed = 0
    return changed, overlay_size(name)


def _load(name: str) -> Dataset:
    if name not in NAMED:
        path = Path(name).expanduser()
        if not path.exists():
            raise DatasetError(f"There is no data set {name}. Name one of {', '.join(NAMED)}, or a zip or folder.")
        return load_folder(path) if path.is_dir() else load_archive(path)
    if name == "collected":
        return load_collected()
    found = find_named(name)
    if found is None:
        raise DatasetError(missing(name))
    if name == "cifar100":
        return load_cifar100(found)
    return load_folder(found, name) if found.is_dir() else load_archive(found, name)


def balanced(data: Dataset, per_class: int | None, seed: int) -> Dataset:
    """At most `per_class` photos a class, in their order, and all photos of the test split; None for all."""
    if per_class is None:
        return data
    test = np.array([split == "test" for split in data.splits], dtype=bool)
    order = data.shuffled(np.flatnonzero(~test), seed)
    chosen = [np.flatnonzero(test)]
    chosen += [order[data.labels[order] == label][:per_class] for label in range(len(data.classes))]
    return data.pick(np.sort(np.concatenate(chosen)))
