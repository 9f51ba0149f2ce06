"""Small pictures side by side, as many a row as there is room for; to look at, or to press."""

import base64
from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from components.words import plain, safe


class Picture(NamedTuple):
    """JPEG bytes, one below the other, and a line or two of words under them."""

    jpegs: tuple[bytes, ...]
    title: str = ""
    words: str = ""


def picture_grid(pictures: Sequence[Picture], columns: int) -> None:
    """Draw pictures in rows. columns: at most so many a row on a wide screen, half of them on a phone."""
    st.html(_grid(pictures, columns))


def picture_buttons(pictures: Sequence[Picture], key: str, columns: int = 6) -> int | None:
    """The same, each of them a button; the number of the one that was just pressed.

    key: tells these from others on the page. columns: 6 or 3, for which there is style.
    """
    pressed = None
    with st.container(key=f"pictures-{columns}-{key}", gap=None):
        for number, picture in enumerate(pictures):
            with st.container(key=f"picture-{key}-{number}", gap=None):
                st.html(_grid([picture], 1))
                if st.button(plain(f"Open {picture.title}, {picture.words}", 200), key=f"{key}-{number}"):
                    pressed = number
    return pressed


def _grid(pictures: Sequence[Picture], columns: int) -> str:
    figures = "".join(_figure(picture) for picture in pictures)
    return f'<div class="pictures" style="--columns: {columns}">{figures}</div>'


def _figure(picture: Picture) -> str:
    images = "".join(
        f'<img src="data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}" alt="{safe(picture.title)}">'
        for jpeg in picture.jpegs
    )
    title = f"<b>{safe(picture.title)}</b>" if picture.title else ""
    words = f"<span>{safe(picture.words)}</span>" if picture.words else ""
    return f"<figure>{images}<figcaption>{title}{words}</figcaption></figure>"
