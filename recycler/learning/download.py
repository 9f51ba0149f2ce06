"""CIFAR-100 by Keras's own download, kept as the Parquet files that recycler.datasets.cifar100 reads."""

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from recycler.classes import CIFAR100
from recycler.datasets.cifar100 import SUPERCLASS_OF, SUPERCLASSES
from recycler.errors import DatasetError

TIMEOUT_SECONDS = 10  # without an answer from the server


def download_cifar100(folder: Path) -> None:
    """Fetch all 60,000 photos (169 MB, checksum verified by Keras) and write train and test files into `folder`.

    An archive that Keras fetched before is used again. Raises DatasetError when there is no connection.
    """
    try:
        with _timeout(TIMEOUT_SECONDS):
            train, test = keras.datasets.cifar100.load_data(label_mode="fine")
    except Exception as problem:  # Keras wraps what goes wrong in a bare Exception
        raise DatasetError(
            f"CIFAR-100 could not be downloaded ({problem}). Check the connection and try again, or set RECYCLER_DATA "
            "to a folder that holds cifar100/ with train-*.parquet and test-*.parquet."
        ) from problem
    folder.mkdir(parents=True, exist_ok=True)
    for name, (photos, labels) in (("test", test), ("train", train)):
        write_photos(folder / f"{name}-00000-of-00001.parquet", photos, labels.ravel())


def write_photos(file: Path, photos: NDArray[np.uint8], labels: NDArray[np.integer]) -> None:
    """One Parquet file of photos (N, 32, 32, 3) and fine labels (N,), whole or not at all."""
    superclasses = list(SUPERCLASSES)
    coarse = [superclasses.index(SUPERCLASS_OF[CIFAR100[label]]) for label in labels]
    encoded = [{"bytes": _png(photo), "path": None} for photo in photos]
    table = pa.table(
        {
            "img": pa.array(encoded, pa.struct({"bytes": pa.binary(), "path": pa.string()})),
            "fine_label": pa.array(labels.tolist(), pa.int64()),
            "coarse_label": pa.array(coarse, pa.int64()),
        }
    ).replace_schema_metadata({"fine_names": ",".join(CIFAR100), "coarse_names": ",".join(superclasses)})
    draft = file.with_suffix(".part")
    pq.write_table(table, draft)
    draft.replace(file)


def _png(photo: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "PNG")
    return file.getvalue()


@contextmanager
def _timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
