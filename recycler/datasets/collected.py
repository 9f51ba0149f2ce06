"""The collected photos: what somebody taught, kept as RECYCLER_HOME/collected/CLASS/ID.jpg.

Small copies without metadata. An id is the start of the SHA-256 of the copy's bytes, so a photo that is taught again
is the same photo, and one that is taught as something else moves. Any number of processes may keep and forget at once.
Photos that are thrown away lie in RECYCLER_HOME/discarded for a week, from where they can be taken back.
"""

import hashlib
import os
import re
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from recycler import audit
from recycler.access import require
from recycler.datasets.dataset import Dataset
from recycler.datasets.folder import load_folder
from recycler.errors import DatasetError
from recycler.photos import open_photo, to_jpeg
from recycler.runs import write_atomically
from recycler.settings import settings

LONGEST = 640  # pixels of the longer side: more than any model on the shelf takes
DISCARDED_DAYS = 7  # that a photo that was thrown away can be taken back
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

    The bytes of a copy that is here already are that copy, so it is no second photo that comes back.
    Raises PhotoError for bytes that are no photo, DatasetError for a name that cannot be a class; AccessError.
    """
    require("teach")
    _check(class_name)
    copy = to_jpeg(open_photo(data, at_least=LONGEST), LONGEST)
    with _changing():
        known = {photo.id: photo for photo in (*list_discarded(), *list_collected())}
        if _identity(data) in known:
            copy = data
        photo = Collected(class_name, _identity(copy))
        photo.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(photo.path, copy)
        before = known.get(photo.id, photo)
        _delete({before.path, _discarded(before)} - {photo.path})
    audit.note("teach", str(photo))
    return photo


def list_collected() -> list[Collected]:
    """All collected photos, by class and id; empty when nothing was ever taught."""
    return sorted(Collected(path.parent.name, path.stem) for path in settings().collected.glob("*/[!.]*.jpg"))


def list_discarded() -> list[Collected]:
    """The photos that were thrown away and can be taken back, with the class that they had."""
    young = (path for path in settings().discarded.glob("*/[!.]*.jpg") if not _is_old(path))
    return sorted(Collected(path.parent.name, path.stem) for path in young)


def move(identity: str, class_name: str | None) -> Collected:
    """Let a photo be of another class, also one that was thrown away; None throws it away. Gives what it was before.

    Raises DatasetError when there is no such photo any more, or for a name that cannot be a class; AccessError.
    """
    require("teach")
    if class_name is not None:
        _check(class_name)
    with _changing():
        here = {photo.path: photo for photo in list_collected()}
        gone = {_discarded(photo): photo for photo in list_discarded()}
        path = next((path for path, photo in (here | gone).items() if photo.id == identity), None)
        if path is None:
            raise DatasetError(
                "This photo is not there any more: it was forgotten, or thrown away more than a week ago."
            )
        photo = (here | gone)[path]
        after = Collected(class_name or photo.class_name, identity)
        target = _discarded(after) if class_name is None else after.path
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
        os.utime(target)  # its week begins now
        _delete({path} - {target})
    return photo


def forget(photos: Iterable[Collected]) -> None:
    """Delete photos for good; those that are gone already are no problem. Raises AccessError."""
    require("teach")
    with _changing():
        for photo in list(photos):
            _delete([photo.path, _discarded(photo)])
            audit.note("forget", str(photo))


def forget_everything() -> None:
    """Delete all photos for good, those that were thrown away before as well. Raises AccessError."""
    require("administer")
    forget([*list_collected(), *list_discarded()])


def sweep() -> None:
    """Delete for good what was thrown away more than a week ago."""
    _delete([path for path in settings().discarded.glob("*/*.jpg") if _is_old(path)])


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


def _check(class_name: str) -> None:
    if not CLASS_NAME.fullmatch(class_name):
        raise DatasetError(f"“{class_name}” cannot be a class; letters, digits, spaces, _ and - are what a name has.")


def _identity(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _discarded(photo: Collected) -> Path:
    """Where it lies after it was thrown away."""
    return settings().discarded / photo.class_name / photo.path.name


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > DISCARDED_DAYS * 24 * 3600
    except OSError:  # somebody has just taken it back
        return True


@contextmanager
def _changing() -> Iterator[None]:
    """The only one who changes photos; afterwards what was thrown away long ago goes."""
    settings().home.mkdir(parents=True, exist_ok=True)
    with FileLock(settings().home / "collected.lock"):
        yield
        sweep()
        if settings().collected.is_dir():
            settings().collected.touch()  # whoever remembers this data set by the time of its folder looks again


def _delete(paths: Iterable[Path]) -> None:
    """Delete files, and the folders that are empty then."""
    for path in paths:
        path.unlink(missing_ok=True)
        with suppress(OSError):  # other photos are in there
            path.parent.rmdir()
            path.parent.parent.rmdir()
