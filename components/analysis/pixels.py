"""Photos of an analysis as pixels: by their ids in the predictions table, from the data that they came from."""

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
    return _jpeg(analysis.key, photo, side, analysis)


def read_photo(analysis: Analysis, photo: str) -> bytes | None:
    """The untrusted bytes of a photo of the table by its id; None when they can no longer be had."""
    try:
        data, places = _photos(analysis.key, analysis)
        return data.read_bytes(places[photo]) if photo in places else None
    except (DatasetError, PhotoError, OSError):
        return None


def photos_of(analysis: Analysis) -> Dataset:
    """The data set that the table's photos are from; it may hold more photos. Raises DatasetError."""
    return _photos(analysis.key, analysis)[0]


def data_of(analysis: Analysis) -> Data:
    """Where the table's photos come from. Raises DatasetError when nobody knows any more."""
    if analysis.photos is None:
        raise DatasetError("Nobody knows where the photos of this table are.")
    return analysis.photos


@st.cache_data(max_entries=2000, show_spinner=False)
def _jpeg(key: str, photo: str, side: int, _analysis: Analysis) -> bytes | None:
    content = read_photo(_analysis, photo)
    try:
        return None if content is None else to_jpeg(open_photo(content, at_least=side), side)
    except PhotoError:
        return None


@st.cache_resource(max_entries=8, show_spinner="Looking for the photos…")
def _photos(key: str, _analysis: Analysis) -> tuple[Dataset, dict[str, int]]:
    """The data as they were when this analysis began, and the place of each photo in them by its id."""
    data = data_sets.load(data_of(_analysis))
    return data, {photo: i for i, photo in enumerate(data.photos)}
