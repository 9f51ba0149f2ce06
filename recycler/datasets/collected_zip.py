"""Collected photos as a zip with one folder a class, to take along; and such zips, ours or others', taken in."""

import io
import shutil
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from recycler.datasets.archive import load_archive
from recycler.datasets.collected import Collected, keep
from recycler.datasets.tree import Skipped
from recycler.datasets.uploads import no_room, safe_stem
from recycler.errors import DatasetError, PhotoError
from recycler.settings import settings

MOST_PHOTOS = 2_000  # of one zip, at about 20 ms each; more are a data set of their own
FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the same photos give the same zip, and when they were taught is nobody's business


@dataclass(frozen=True)
class TakenIn:
    """What became of a zip's photos. refused: name and reason of what was not taken, long lists shortened."""

    taken: int
    refused: tuple[tuple[str, str], ...]


def pack(photos: Iterable[Collected]) -> bytes:
    """A zip of these photos as CLASS/ID.jpg; those that are gone meanwhile are passed over."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as pack:  # JPEGs do not shrink again
        for photo in photos:
            try:
                data = photo.path.read_bytes()
            except FileNotFoundError:
                continue
            pack.writestr(zipfile.ZipInfo(f"{photo}.jpg", FIRST_DAY), data)
    return file.getvalue()


def take_in(name: str, content: BinaryIO, progress: Callable[[int, int], None] = lambda done, total: None) -> TakenIn:
    """Keep all photos of an untrusted zip with one folder a class, as if each had been taught.

    name: of the zip, as the visitor's browser says. progress: called with photos done and photos in all.
    Raises DatasetError for what is no such zip, for one with more than MOST_PHOTOS photos, and when there is no room.
    """
    folder = settings().home
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".zip-", dir=folder) as draft:
            file = Path(draft) / f"{safe_stem(name)}.zip"
            with file.open("wb") as opened:
                shutil.copyfileobj(content, opened)
            return _keep_all(file, progress)
    except OSError as problem:
        raise no_room(problem, folder) from problem


def _keep_all(file: Path, progress: Callable[[int, int], None]) -> TakenIn:
    data = load_archive(file)
    if len(data) > MOST_PHOTOS:
        raise DatasetError(
            f"{file.name} holds {len(data):,} photos, and {MOST_PHOTOS:,} are the most that can be taken in at once. "
            "Train with such a zip as a data set of its own: upload it on the Train page."
        )
    refused = Skipped()
    taken = set()
    for i, label in enumerate(data.labels.tolist()):
        try:
            taken.add(keep(data.read_bytes(i), data.classes[label]).id)
        except (PhotoError, DatasetError) as problem:
            refused.add(data.photos[i], str(problem).rstrip("."))
        progress(i + 1, len(data))
    return TakenIn(len(taken), data.skipped + refused.listed())
