"""The collected photos, some at a time, to be ticked."""

import math
from collections import Counter
from collections.abc import Sequence

import streamlit as st

from components import state
from components.words import plain, readable
from recycler.datasets.collected import Collected
from recycler.errors import PhotoError
from recycler.photos import open_photo, to_jpeg

SHOWN = 24  # photos a page: two thumbs high on a phone, and few enough to change at once
TILE = 104  # pixels: three a row on a phone of 390
SHARP = 2  # pixels of a phone's screen for each of these


def choose(photos: Sequence[Collected]) -> list[Collected]:
    """Draw a filter by class and a page of photos; gives those that are ticked and shown."""
    shown = _filtered(photos)
    pages = math.ceil(len(shown) / SHOWN)
    grid = st.container()
    page = st.pagination(pages, key=f"{state.COLLECTED_PAGE}_{pages}") if pages > 1 else 1
    here = shown[(page - 1) * SHOWN : page * SHOWN]
    ticked = st.session_state.setdefault(state.COLLECTED_CHOSEN, set())
    ticked &= {photo.id for photo in here}
    with grid, st.container(horizontal=True, gap="small", key="tiles"):
        for photo in here:
            _tile(photo, ticked)
    with grid, st.container(horizontal=True, gap="small"):
        if len(ticked) < len(here):
            _tick_all("Tick all of these" if pages > 1 else "Tick all", state.COLLECTED_ALL, here, ticked)
        if ticked:
            _tick_all("Tick none", state.COLLECTED_NONE, [], ticked)
    return [photo for photo in here if photo.id in ticked]


def _filtered(photos: Sequence[Collected]) -> list[Collected]:
    """The photos of the classes that are wanted; no wish means all."""
    counts = Counter(photo.class_name for photo in photos)
    if len(counts) < 2:
        return [*photos]
    before = st.session_state.get(state.COLLECTED_FILTER) or []
    if gone := [name for name in before if name not in counts]:
        st.session_state[state.COLLECTED_FILTER] = [name for name in before if name not in gone]
    wanted = st.pills(
        "Show",
        [*counts],
        selection_mode="multi",
        format_func=lambda name: f"{readable(name).capitalize()} {counts[name]:,}",
        key=state.COLLECTED_FILTER,
        label_visibility="collapsed",
    )
    return [photo for photo in photos if not wanted or photo.class_name in wanted]


def _tile(photo: Collected, ticked: set[str]) -> None:
    key = f"{state.COLLECTED_TICK}_{photo.id}"

    def changed() -> None:
        (ticked.add if st.session_state[key] else ticked.discard)(photo.id)

    with st.container(key=f"tile-{photo.id}", width=TILE, gap=None):
        picture = _thumbnail(photo.id, photo)
        if picture:
            st.image(picture, width=TILE, alt=readable(photo.class_name))
        else:
            st.markdown(":material/broken_image: cannot be opened")
        st.session_state[key] = photo.id in ticked
        st.checkbox(plain(readable(photo.class_name)), key=key, on_change=changed)


def _tick_all(label: str, key: str, photos: Sequence[Collected], ticked: set[str]) -> None:
    def change() -> None:
        ticked.clear()
        ticked.update(photo.id for photo in photos)

    st.button(label, key=key, on_click=change, type="tertiary")


@st.cache_data(max_entries=2000, show_spinner=False)
def _thumbnail(identity: str, _photo: Collected) -> bytes | None:
    """A small JPEG; None for a file that cannot be opened. The id names the bytes, so it is never out of date."""
    try:
        return to_jpeg(open_photo(_photo.path.read_bytes(), at_least=SHARP * TILE), SHARP * TILE)
    except (PhotoError, OSError):
        return None
