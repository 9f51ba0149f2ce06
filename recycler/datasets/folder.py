"""A folder on disk with one folder a class, read when a photo is asked for."""

import os
from pathlib import Path

from recycler.datasets.dataset import Dataset
from recycler.datasets.tree import Skipped, is_hidden, size_problem, tree_dataset
from recycler.errors import DatasetError
from recycler.settings import settings


def load_folder(folder: Path, name: str | None = None) -> Dataset:
    """The photos of a folder-per-class tree; ids are paths relative to `folder`.

    Links are not followed. Hidden files, other files and empty classes are left out and listed in `skipped`.
    Raises DatasetError when the folder is missing or holds no photos in class folders.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder; name a folder that holds one folder of photos for each class.")
    skipped = Skipped()
    entries = _entries(folder, skipped)
    most = settings().photo_megabytes * 1_000_000

    def read(path: str) -> bytes:
        with (folder / path).open("rb") as file:
            return file.read(most + 1)  # a file that grew since is refused when it is opened as a photo

    return tree_dataset(name or folder.resolve().name, entries, read, skipped, f"The folder {folder}")


def _entries(root: Path, skipped: Skipped) -> dict[str, int]:
    """Relative path to size in bytes of all files; folders end in "/"."""
    entries: dict[str, int] = {}
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(root / prefix) as scan:
                found = list(scan)
        except OSError:
            skipped.add(prefix, "a folder that may not be read")
            continue
        for entry in found:
            path = prefix + entry.name
            if entry.is_symlink():
                skipped.add(path, "a link")
            elif entry.is_dir(follow_symlinks=False):
                entries[f"{path}/"] = 0
                if not is_hidden(entry.name):
                    waiting.append(f"{path}/")
            elif not entry.is_file(follow_symlinks=False):
                skipped.add(path, "not a file")
            else:
                _add_file(path, entry.stat(follow_symlinks=False).st_size, entries, skipped)
    return entries


def _add_file(path: str, size: int, entries: dict[str, int], skipped: Skipped) -> None:
    if problem := size_problem(size):
        skipped.add(path, problem)
    else:
        entries[path] = size
