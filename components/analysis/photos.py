"""The photos behind a figure: small pictures of rows of the predictions table, each of which opens large."""

import streamlit as st

from components import state
from components.analysis import labels, large
from components.analysis.pixels import photos_of, thumbnail
from components.pictures import Picture, picture_buttons
from components.words import percent, readable
from recycler.analysis import Analysis
from recycler.predictions import Index

__all__ = ["photos_of", "show_photos", "thumbnail"]

A_PAGE = 24


@st.fragment
def show_photos(analysis: Analysis, rows: Index, key: str) -> None:
    """Draw a page of photos, in this order, each with what is true and what was said; buttons lead to further pages.

    rows: int64 (n,), indices into the table. key: tells this place on the page from others.
    """
    labels.catch_up()
    if not len(rows):
        st.markdown("No photos like these.")
        return
    pages = -(-len(rows) // A_PAGE)
    page = st.pagination(pages, key=f"{state.ANALYSE_PAGE}_{key}") if pages > 1 else 1
    start = (page - 1) * A_PAGE
    pictures = [_picture(analysis, row) for row in rows[start : start + A_PAGE].tolist()]
    pressed = picture_buttons(pictures, f"{state.ANALYSE_PAGE}_{key}")
    large.show(analysis, rows, None if pressed is None else start + pressed, key)


def _picture(analysis: Analysis, row: int) -> Picture:
    table = analysis.table
    jpeg = thumbnail(analysis, str(table.photos[row]))
    said, second = (readable(table.classes[column[row]]) for column in (table.predicted, table.second))
    words = f"said {said}, {percent(float(table.confidence[row]))}; then {second}; {table.entropy_bits[row]:.1f} bits"
    return Picture((jpeg,) if jpeg else (), readable(table.names[table.true[row]]), words)
