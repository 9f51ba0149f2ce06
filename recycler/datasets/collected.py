"""The collected photos: what somebody taught, kept as RECYCLER_HOME/collected/CLASS/ID.jpg.

Small copies without metadata. An id is the start of the SHA-256 of the copy's bytes, so a photo that is taught again
is the same photo, and one that is taught as something else moves. Any number of processes may keep and forget at once.
"""

import hashlib
import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from recycler.datasets.dataset import Dataset
from recycler.datasets.folder import load_folder
from recycler.errors import DatasetError
from recycler.photos import open_photo, to_jpeg
from recycler.runs import write_atomically
from recycler.settings import settings

LONGEST = 640  # pixels of the longer side: more than any model on the shelf takes
CLASS_NAME = re.compile(r"\w[\w -]{0,63}")  # becomes a folder: no dots, no slashes

NOTHING = (
    "No photos have been collected yet. Correct a verdict on the Classify page, or run: "
    "python -m recycler teach PHOTO --class NAME"
)


@dataclass(frozen=True, order=True)
class Collected:
    """One collected photo."""

    class_name: str
    id: str

    def __str__(self) -> str:
        return f"{self.class_name}/{self.id}"

    @property
    def path(self) -> Path:
        """Where it lies."""
        return settings().collected / self.class_name / f"{self.id}.jpg"


def keep(data: bytes, class_name: str) -> Collected:
    """Keep a small copy of an untrusted photo as an example of a class; it leaves the class that it had before.

    Raises PhotoError for bytes that are no photo, DatasetError for a name that cannot be a class.
    """
    if not CLASS_NAME.fullmatch(class_name):
        raise DatasetError(f"“{class_name}” cannot be a class; letters, digits, spaces, _ and - are what a name has.")
    copy = to_jpeg(open_photo(data, at_least=LONGEST), LONGEST)
    photo = Collected(class_name, hashlib.sha256(copy).hexdigest()[:16])
    with _lock():
        photo.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(photo.path, copy)
        _delete(other for other in list_collected() if other.id == photo.id and other != photo)
        settings().collected.touch()  # whoever remembers this data set by the time of its folder looks again
    return photo


def list_collected() -> list[Collected]:
    """All collected photos, by class and id; empty when nothing was ever taught."""
    return sorted(Collected(path.parent.name, path.stem) for path in settings().collected.glob("*/[!.]*.jpg"))


def forget(photos: Iterable[Collected]) -> None:
    """Delete photos; those that are gone already are no problem."""
    with _lock():
        _delete(photos)
        if settings().collected.is_dir():
            settings().collected.touch()


def find_collected(names: Collection[str]) -> list[Collected]:
    """The photos of classes ("glass") and single photos ("glass/1f0c...") by name. Raises DatasetError for another."""
    photos = list_collected()
    if not photos:
        raise DatasetError(NOTHING)
    unknown = set(names) - {str(photo) for photo in photos} - {photo.class_name for photo in photos}
    if unknown:
        classes = ", ".join(dict.fromkeys(photo.class_name for photo in photos))
        raise DatasetError(
            f"Nothing collected is called {', '.join(sorted(unknown))}. Name a class ({classes}) or a photo such as "
            f"{photos[0]}."
        )
    return [photo for photo in photos if photo.class_name in names or str(photo) in names]


def load_collected() -> Dataset:
    """The collected photos as the data set `collected`. Raises DatasetError when there are none."""
    if not list_collected():
        raise DatasetError(NOTHING)
    return load_folder(settings().collected, "collected")


def _lock() -> FileLock:
    settings().home.mkdir(parents=True, exist_ok=True)
    return FileLock(settings().home / "collected.lock")


def _delete(photos: Iterable[Collected]) -> None:
    for photo in photos:
        photo.path.unlink(missing_ok=True)
        with suppress(OSError):  # other photos are in there
            photo.path.parent.rmdir()
            settings().collected.rmdir()
