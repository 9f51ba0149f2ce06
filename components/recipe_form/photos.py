"""Data sets as the form needs them: counted, and shown in small."""

import numpy as np
import streamlit as st

from components.data_sets import load
from recycler.datasets.dataset import Dataset
from recycler.datasets.summary import Summary, summarise
from recycler.errors import DatasetError, PhotoError
from recycler.photos import open_photo, read_photo, to_jpeg
from recycler.recipe import Data

THUMBNAIL = 128  # pixels a side: a tile is about 90 wide, on a phone's screen twice as many


@st.cache_data(max_entries=64, show_spinner="Counting photos…")
def summary(data: str, changed: tuple[int, ...]) -> Summary:
    """Counts of the photos of a recipe's data, given as JSON. Raises DatasetError."""
    wanted = Data.model_validate_json(data)
    return summarise(load(wanted), wanted.validation, wanted.test, wanted.seed)


@st.cache_data(max_entries=64, show_spinner="Opening photos…")
def thumbnails(data: str, changed: tuple[int, ...], classes: tuple[str, ...]) -> dict[str, bytes]:
    """A small JPEG of the first photo of each of these classes that can be opened."""
    photos = load(Data.model_validate_json(data))
    found = {}
    for name in classes:
        for i in np.flatnonzero(photos.labels == photos.classes.index(name))[:3]:
            if picture := thumbnail(photos, int(i)):
                found[name] = picture
                break
    return found


def thumbnail(data: Dataset, i: int) -> bytes | None:
    """A small JPEG of a photo, None where it cannot be opened."""
    try:
        return to_jpeg(open_photo(data.read_bytes(i), at_least=THUMBNAIL), THUMBNAIL)
    except (PhotoError, OSError):
        return None


@st.cache_data(max_entries=16, show_spinner="Opening photos…")
def to_preview(data: str, changed: tuple[int, ...], size: int, count: int) -> np.ndarray:
    """Photos of different classes at the size in which training augments them: uint8 (n, size, size, 3)."""
    photos = load(Data.model_validate_json(data))
    rng = np.random.default_rng(0)
    order = rng.permutation(len(photos))
    turn = np.zeros(len(photos), int)  # first one of each class, then a second of each, and so on
    for label in range(len(photos.classes)):
        own = order[photos.labels[order] == label]
        turn[own] = np.arange(len(own))
    opened = []
    for i in sorted(order.tolist(), key=lambda i: turn[i]):
        try:
            opened.append(read_photo(photos.read_bytes(i), size))
        except (PhotoError, OSError):
            continue
        if len(opened) == count:
            break
    if not opened:
        raise DatasetError("None of these photos can be opened; choose other ones.")
    return np.stack(opened)
