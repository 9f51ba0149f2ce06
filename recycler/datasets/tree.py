"""Paths of a folder-per-class tree to a data set: what folders on disk and zips have in common."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

import numpy as np

from recycler.datasets.dataset import Dataset
from recycler.errors import DatasetError
from recycler.photos import SUFFIXES
from recycler.settings import settings

ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
# A validation part of its own joins the photos to train on: the split takes validation photos out of these.
SPLIT_FOLDERS = {
    "train": "train",
    "training": "train",
    "val": "train",
    "valid": "train",
    "validation": "train",
    "test": "test",
}
EXAMPLES = 5  # names listed a reason; a hundred thousand more would help nobody


class Skipped:
    """What was left out while a source was read: a few names and a count for each reason."""

    def __init__(self) -> None:
        self._examples: dict[str, list[str]] = {}
        self._counts: Counter[str] = Counter()

    def add(self, name: str, reason: str) -> None:
        """Count one name; `reason` is a clause such as "not a photo"."""
        self._counts[reason] += 1
        examples = self._examples.setdefault(reason, [])
        if len(examples) < EXAMPLES:
            examples.append("".join(c if c.isprintable() else "?" for c in name)[:200])

    def listed(self) -> tuple[tuple[str, str], ...]:
        """(name, reason) pairs; the last pair of a long list counts the rest."""
        pairs: list[tuple[str, str]] = []
        for reason, examples in self._examples.items():
            pairs += [(name, reason) for name in examples]
            if more := self._counts[reason] - len(examples):
                pairs.append((f"and {more:,} more", reason))
        return tuple(pairs)


def is_hidden(name: str) -> bool:
    """Whether one file or folder name is an operating system's own: ".DS_Store", "__MACOSX"."""
    return name.startswith(".") or name == "__MACOSX"


def size_problem(size: int) -> str:
    """Why a file of so many bytes cannot be a photo, or ""."""
    most = settings().photo_megabytes
    if size == 0:
        return "empty"
    return f"larger than {most} MB" if size > most * 1_000_000 else ""


def tree_dataset(
    name: str, entries: Mapping[str, int], read: Callable[[str], bytes], skipped: Skipped, where: str
) -> Dataset:
    """The data set of a tree that has one folder a class.

    A single folder around the class folders is looked through, and so are train/ and test/ folders around them, which
    become splits. Folders inside a class folder belong to that class.

    entries: relative POSIX path to stamp (see Dataset.stamps); folders end in "/". read: path to bytes.
    skipped: takes what is no photo, and classes without photos. where: what was read, for messages.
    Raises DatasetError when no photo lies in a class folder.
    """
    photos, folders = _photos_and_folders(entries, skipped)
    depth = _wrappers(photos)
    tops = {parts[depth] for parts in photos if len(parts) > depth + 1}
    split_depth = depth
    if tops and all(top.lower() in SPLIT_FOLDERS for top in tops) and any(len(parts) > depth + 2 for parts in photos):
        depth += 1
    kept = [parts for parts in photos if len(parts) > depth + 1]
    for parts in photos:
        if len(parts) <= depth + 1:
            skipped.add("/".join(parts), "outside the class folders")
    classes = sorted({parts[depth] for parts in kept})
    for parts in folders:
        if len(parts) == depth + 1 and parts[depth] not in classes:
            skipped.add("/".join(parts) + "/", "a class without photos")
    if not kept:
        raise DatasetError(_nothing(where, skipped))
    paths = tuple("/".join(parts) for parts in kept)
    index = {class_name: i for i, class_name in enumerate(classes)}
    return Dataset(
        name=name,
        classes=tuple(classes),
        photos=paths,
        labels=np.array([index[parts[depth]] for parts in kept], dtype=np.int64),
        sources=(name,),
        source=np.zeros(len(kept), dtype=np.int64),
        splits=tuple(SPLIT_FOLDERS[parts[split_depth].lower()] if depth > split_depth else "" for parts in kept),
        read_bytes=lambda i: read(paths[i]),
        skipped=skipped.listed(),
        stamps=np.array([entries[path] for path in paths], dtype=np.int64),
    )


def _photos_and_folders(entries: Mapping[str, int], skipped: Skipped) -> tuple[list[list[str]], list[list[str]]]:
    """Paths split into their parts, sorted; everything else goes to `skipped`."""
    photos: list[list[str]] = []
    folders: list[list[str]] = []
    for path in sorted(entries):
        parts = path.rstrip("/").split("/")
        if problem := _problem(path, parts):
            skipped.add(path, problem)
        else:
            (folders if path.endswith("/") else photos).append(parts)
    return photos, folders


def _problem(path: str, parts: list[str]) -> str:
    """Why this name is not a photo or a folder of photos, or ""."""
    if any(is_hidden(part) for part in parts):
        return "hidden"
    if not path.isprintable():  # line breaks, terminal codes, bytes that are no text
        return "a name with signs that cannot be shown"
    if path.endswith("/"):
        return ""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in ARCHIVES:
        return "an archive inside, which is not opened"
    return "" if suffix in SUFFIXES else "not a photo"


def _wrappers(photos: list[list[str]]) -> int:
    """How many folders lie one inside another around the class folders."""
    depth = 0
    while len({parts[depth] for parts in photos if len(parts) > depth + 1}) == 1:
        if all(len(parts) <= depth + 2 for parts in photos):
            break
        depth += 1
    return depth


def _nothing(where: str, skipped: Skipped) -> str:
    left_out = "; ".join(f"{name}: {reason}" for name, reason in skipped.listed()[:3])
    seen = f" Left out were for example {left_out}." if left_out else ""
    return (
        f"{where} has no photos in class folders. One folder for each class is expected, with its photos inside "
        f"({', '.join(SUFFIXES)}), such as glass/bottle.jpg.{seen}"
    )
