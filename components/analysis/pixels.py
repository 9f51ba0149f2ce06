"""Photos of an analysis as pixels: by their ids in the predictions table, from the data that they came from.

Photos that somebody left out by a corrected label are found, too: they are still looked at, to take that back.
"""

import streamlit as st

from components import data_sets
from recycler.analysis import Analysis
from recycler.datasets.dataset import Dataset
from recycler.errors import DatasetError, PhotoError
from recycler.photos import open_photo, to_jpeg
from recycler.recipe import Data

THUMBNAIL = 160  # pixels a side


def thumbnail(analysis: Analysis, photo: str, side: int = THUMBNAIL) -> bytes | None:
    """A small JPEG of a photo of the table by its id; None when it can no longer be had. side: pixels."""
    if analysis.photos is None:
        return None
    return _jpeg(analysis.photos.model_dump_json(), data_sets.stamps_as_found(analysis.photos), photo, side)


def read_photo(analysis: Analysis, photo: str) -> bytes | None:
    """The untrusted bytes of a photo of the table by its id; None when they can no longer be had."""
    if analysis.photos is None:
        return None
    return _read(analysis.photos.model_dump_json(), data_sets.stamps_as_found(analysis.photos), photo)


def photos_of(analysis: Analysis) -> Dataset:
    """The data set that the table's photos are from; it may hold more photos. Raises DatasetError."""
    if analysis.photos is None:
        raise DatasetError("Nobody knows where the photos of this table are.")
    return _photos(analysis.photos.model_dump_json(), data_sets.stamps_as_found(analysis.photos))[0]


@st.cache_data(max_entries=2000, show_spinner=False)
def _jpeg(data: str, changed: tuple[int, ...], photo: str, side: int) -> bytes | None:
    content = _read(data, changed, photo)
    try:
        return None if content is None else to_jpeg(open_photo(content, at_least=side), side)
    except PhotoError:
        return None


def _read(data: str, changed: tuple[int, ...], photo: str) -> bytes | None:
    try:
        found, places = _photos(data, changed)
        return found.read_bytes(places[photo]) if photo in places else None
    except (DatasetError, PhotoError, OSError):
        return None


@st.cache_resource(max_entries=4, show_spinner="Looking for the photos…")
def _photos(data: str, changed: tuple[int, ...]) -> tuple[Dataset, dict[str, int]]:
    """The data, and the place of each photo in them by its id."""
    found = data_sets.as_found(Data.model_validate_json(data))
    return found, {photo: i for i, photo in enumerate(found.photos)}
