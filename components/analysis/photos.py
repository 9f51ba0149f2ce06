"""The photos behind a figure: small pictures of rows of the predictions table."""

import streamlit as st

from components import data_sets, state
from components.pictures import Picture, picture_grid
from components.words import percent, readable
from recycler.analysis import Analysis
from recycler.datasets.dataset import Dataset
from recycler.errors import DatasetError, PhotoError
from recycler.photos import open_photo, to_jpeg
from recycler.predictions import Index
from recycler.recipe import Data

THUMBNAIL = 160  # pixels a side
A_PAGE = 24


def show_photos(analysis: Analysis, rows: Index, key: str) -> None:
    """Draw a page of photos, in this order, each with what is true and what was said; buttons lead to further pages.

    rows: int64 (n,), indices into the table. key: tells this place on the page from others.
    """
    if not len(rows):
        st.markdown("No photos like these.")
        return
    pages = -(-len(rows) // A_PAGE)
    page = st.pagination(pages, key=f"{state.ANALYSE_PAGE}_{key}") if pages > 1 else 1
    shown = rows[(page - 1) * A_PAGE : page * A_PAGE]
    table = analysis.table
    pictures = []
    for row in shown.tolist():
        words = f"said {readable(table.classes[table.predicted[row]])}, {percent(float(table.confidence[row]))}"
        jpeg = thumbnail(analysis, str(table.photos[row]))
        pictures.append(Picture((jpeg,) if jpeg else (), readable(table.names[table.true[row]]), words))
    picture_grid(pictures, 6)


def thumbnail(analysis: Analysis, photo: str, side: int = THUMBNAIL) -> bytes | None:
    """A small JPEG of a photo of the table by its id; None when it can no longer be had. side: pixels."""
    try:
        data = photos_of(analysis)
        place = _places(_wanted(analysis).model_dump_json(), data_sets.stamps(_wanted(analysis))).get(photo)
        return None if place is None else to_jpeg(open_photo(data.read_bytes(place), at_least=side), side)
    except (DatasetError, PhotoError, OSError):
        return None


def photos_of(analysis: Analysis) -> Dataset:
    """The data set that the table's photos are from; it may hold more photos. Raises DatasetError."""
    return data_sets.load(_wanted(analysis))


def _wanted(analysis: Analysis) -> Data:
    if analysis.photos is None:
        raise DatasetError("Nobody knows where the photos of this table are.")
    return analysis.photos


@st.cache_resource(max_entries=8, show_spinner=False)
def _places(data: str, changed: tuple[int, ...]) -> dict[str, int]:
    """Photo id to its index in the data set."""
    return {photo: i for i, photo in enumerate(data_sets.load(Data.model_validate_json(data)).photos)}
