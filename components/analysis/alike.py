"""What a photo was taken for: the training photos that the network finds most like it."""

import numpy as np
import streamlit as st

from components.analysis import embeddings, pixels
from components.pictures import Picture, picture_grid
from components.words import plain, readable
from recycler.analysis import Analysis
from recycler.analysis.neighbours import Neighbour, nearest

COUNT = 6


def show(analysis: Analysis, row: int) -> None:
    """Draw the nearest training photos, and when none of them is of the true class, the nearest of that one."""
    st.header("The training photos most like it")
    among = embeddings.of_training(analysis)
    asked = None if among is None else embeddings.of_rows(analysis, np.array([row]))
    if among is None or asked is None or not len(asked[0]):
        return
    table = analysis.table
    photo, true = str(table.photos[row]), table.names[table.true[row]]
    found = nearest(among.embedded, asked[1][0], COUNT, but=photo)
    alike = sum(one.class_name == true for one in found)
    st.caption(
        f"{alike} of the {len(found)} are {plain(readable(true))}. Likeness is the cosine of what the network sees in "
        "two photos: 1 for the same photo."
    )
    _row(among.analysis, found)
    own = nearest(among.embedded, asked[1][0], COUNT, true, but=photo) if not alike else []
    if own:
        st.caption(f"The nearest that are {plain(readable(true))}:")
        _row(among.analysis, own)


def _row(training: Analysis, found: list[Neighbour]) -> None:
    pictures = []
    for one in found:
        jpeg = pixels.thumbnail(training, one.photo)
        pictures.append(Picture((jpeg,) if jpeg else (), readable(one.class_name), f"likeness {one.likeness:.2f}"))
    picture_grid(pictures, COUNT)
