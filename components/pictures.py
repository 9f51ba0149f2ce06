"""Small pictures side by side, as many a row as there is room for."""

import base64
from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from components.words import safe


class Picture(NamedTuple):
    """JPEG bytes, one below the other, and a line or two of words under them."""

    jpegs: tuple[bytes, ...]
    title: str = ""
    words: str = ""


def picture_grid(pictures: Sequence[Picture], columns: int) -> None:
    """Draw pictures in rows. columns: at most so many a row on a wide screen, half of them on a phone."""
    figures = "".join(_figure(picture) for picture in pictures)
    st.html(f'<div class="pictures" style="--columns: {columns}">{figures}</div>')


def _figure(picture: Picture) -> str:
    images = "".join(
        f'<img src="data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}" alt="{safe(picture.title)}">'
        for jpeg in picture.jpegs
    )
    title = f"<b>{safe(picture.title)}</b>" if picture.title else ""
    words = f"<span>{safe(picture.words)}</span>" if picture.words else ""
    return f"<figure>{images}<figcaption>{title}{words}</figcaption></figure>"
