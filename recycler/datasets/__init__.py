"""Labelled photos by name or path: `load_dataset`."""

from pathlib import Path

import numpy as np

from recycler.datasets.archive import load_archive
from recycler.datasets.cifar100 import has_cifar100, load_cifar100
from recycler.datasets.collected import list_collected, load_collected
from recycler.datasets.dataset import Dataset
from recycler.datasets.folder import load_folder
from recycler.errors import DatasetError
from recycler.settings import settings

__all__ = ["NAMED", "available_datasets", "balanced", "load_dataset"]

NAMED: tuple[str, ...] = ("cifar100", "trashnet", "garbage", "home", "collected")


def load_dataset(name: str, *, per_class: int | None = None, seed: int = 0) -> Dataset:
    """The data set of a name in NAMED, or of the path of a zip or folder that holds one folder a class.

    Named ones lie in a folder of their name in RECYCLER_DATA or in RECYCLER_HOME/data; `collected` are the photos that
    were taught, in RECYCLER_HOME/collected.
    per_class: only so many photos of each class (all of a class that has fewer), chosen by `seed`; photos of a test
        split that the source gives stay whole.
    Raises DatasetError when there is no such data set or it cannot be used.
    """
    if per_class is not None and per_class < 1:
        raise DatasetError(f"A data set of {per_class} photos a class was asked for; one is the least.")
    return balanced(_load(name), per_class, seed)


def available_datasets() -> dict[str, Path | None]:
    """Each name in NAMED and where it lies, a zip or a folder; None where it was not found."""
    return {name: _find(name) for name in NAMED}


def _load(name: str) -> Dataset:
    if name not in NAMED:
        path = Path(name).expanduser()
        if not path.exists():
            raise DatasetError(f"There is no data set {name}. Name one of {', '.join(NAMED)}, or a zip or folder.")
        return load_folder(path) if path.is_dir() else load_archive(path)
    if name == "collected":
        return load_collected()
    found = _find(name)
    if found is None:
        raise DatasetError(_missing(name))
    if name == "cifar100":
        return load_cifar100(found)
    return load_folder(found, name) if found.is_dir() else load_archive(found, name)


def _find(name: str) -> Path | None:
    """The zip of a named data set, or its folder; between several zips nobody guesses, so that is the folder too."""
    if name == "collected":
        return settings().collected if list_collected() else None
    for root in _roots():
        folder = root / name
        if name == "cifar100":
            if has_cifar100(folder):
                return folder
            continue
        zips = list(folder.glob("*.zip"))
        if len(zips) == 1:
            return zips[0]
        if zips or (folder.is_dir() and any(path.is_dir() for path in folder.iterdir())):
            return folder
    return None


def _roots() -> list[Path]:
    roots = (settings().data, settings().home / "data")
    return [root for root in roots if root is not None]


def _missing(name: str) -> str:
    """What was looked for, and the exact setting or command that mends it."""
    looked = " or ".join(str(root / name) for root in _roots())
    if name == "cifar100":
        inside, otherwise = "train-*.parquet and test-*.parquet", "run: python -m recycler download"
    else:
        inside, otherwise = "its zip or one folder a class", "name a zip or folder instead"
    now = "is not set" if settings().data is None else f"is {settings().data}"
    return (
        f"The data set {name} was not found in {looked}. Set RECYCLER_DATA, which {now}, to a folder that holds "
        f"{name}/ with {inside}; or {otherwise}."
    )


def balanced(data: Dataset, per_class: int | None, seed: int) -> Dataset:
    """At most `per_class` photos a class, in their order, and all photos of the test split; None for all."""
    if per_class is None:
        return data
    test = np.array([split == "test" for split in data.splits], dtype=bool)
    order = data.shuffled(np.flatnonzero(~test), seed)
    chosen = [np.flatnonzero(test)]
    chosen += [order[data.labels[order] == label][:per_class] for label in range(len(data.classes))]
    return data.pick(np.sort(np.concatenate(chosen)))
