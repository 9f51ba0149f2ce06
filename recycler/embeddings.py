"""Photos as a network sees them: embeddings, computed once a model and set of photos and kept in the cache."""

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recycler.classifier import Classifier, predict_all
from recycler.datasets.dataset import Dataset
from recycler.datasets.near_copies import near_copy_groups, photo_hashes
from recycler.datasets.split import split
from recycler.errors import DatasetError
from recycler.predictions import Names
from recycler.recipe import Data
from recycler.settings import settings

EMBEDDINGS_FILE = "embeddings.npy"
PHOTOS_FILE = "photos.json"
MOST_KEPT = 12  # sets of photos; the least recently used go first

Progress = Callable[[str, int, int], None]
"""What is being done, how much of it is done, of how much."""


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


def embed(classifier: Classifier, data: Dataset, threads: int, progress: Progress) -> Embedded:
    """Embeddings of all photos that can be opened, float16. Raises DatasetError when none can."""
    kept, found = [], []
    readers = [lambda i=i: data.read_bytes(i) for i in range(len(data))]
    for i, answer in enumerate(predict_all(classifier, readers, threads)):
        progress("Looking at the photos", i + 1, len(data))
        if not isinstance(answer, Exception):
            kept.append(i)
            found.append(answer.embedding.astype(np.float16))
    if not kept:
        raise DatasetError(f"None of the {len(data)} photos of {data.name} can be opened.")
    names = np.array(data.classes, object)
    return Embedded(np.array(data.photos, object)[kept], names[data.labels[kept]], np.stack(found))


def training_photos(wanted: Data, data: Dataset, progress: Progress) -> Dataset:
    """Those of a recipe's photos that its training learns from. Raises DatasetError."""
    hashes, readable = photo_hashes(data, progress)
    data, hashes = data.pick(np.flatnonzero(readable)), hashes[readable]
    groups = near_copy_groups(hashes)
    parts = split(data, groups=groups, validation=wanted.validation, test=wanted.test, seed=wanted.seed)
    return data.pick(parts.train)


def keep_embedded(key: str, embedded: Embedded) -> None:
    """Keep what was computed, whole or not at all; what was not used for longest makes room.

    key: names the model, the photos and their state, in characters that a folder's name may have.
    """
    root = _root()
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=root, prefix="."))
    try:
        np.save(folder / EMBEDDINGS_FILE, embedded.embeddings)
        content = {"photos": embedded.photos.tolist(), "classes": embedded.classes.tolist()}
        (folder / PHOTOS_FILE).write_text(json.dumps(content), "utf-8")
        if not (root / key).exists():
            folder.rename(root / key)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for old in sorted(root.glob("[!.]*"), key=lambda path: path.stat().st_mtime)[:-MOST_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def kept_embedded(key: str) -> Embedded | None:
    """What was kept under this key; its embeddings stay on disk. None when there is nothing, or it is damaged."""
    folder = _root() / key
    try:
        content = json.loads((folder / PHOTOS_FILE).read_text("utf-8"))
        photos, classes = (np.array(content[name], object) for name in ("photos", "classes"))
        embeddings = np.load(folder / EMBEDDINGS_FILE, mmap_mode="r", allow_pickle=False)
        folder.touch()
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None
    if embeddings.ndim != 2 or embeddings.dtype.kind != "f" or not len(photos) == len(classes) == len(embeddings) > 0:
        return None
    return Embedded(photos, classes, embeddings)


def rows_of(embedded: Embedded, photos: Names) -> NDArray[np.int64]:
    """Where photos are among the embedded ones, int64 (n,); -1 for one that is not there."""
    place = {photo: i for i, photo in enumerate(embedded.photos)}
    return np.array([place.get(photo, -1) for photo in photos], np.int64)


def _root() -> Path:
    return settings().cache / "embeddings"
