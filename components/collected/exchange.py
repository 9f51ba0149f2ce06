"""Collected photos as a zip to take along, and a zip of photos to bring in."""

from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import state
from components.words import count_of, plain
from recycler.datasets.collected import Collected
from recycler.datasets.collected_zip import TakenIn, pack, take_in
from recycler.errors import DatasetError

UPLOAD_MEGABYTES = 500  # it passes through memory


def download(photos: Sequence[Collected], chosen: Sequence[Collected]) -> None:
    """Draw the button; the zip, with one folder a class, is made when it is pressed."""
    wanted = chosen or photos
    st.download_button(
        f"Download {count_of(len(chosen), 'photo')}" if chosen else "Download all as a zip",
        partial(pack, [*wanted]),
        "my-photos.zip",
        "application/zip",
        key=state.COLLECTED_DOWNLOAD,
        icon=":material/download:",
        on_click="ignore",
    )


def upload() -> None:
    """Draw the uploader for a zip with one folder a class, and what became of the last one."""
    turn = st.session_state.setdefault(state.COLLECTED_TURN, 0)
    file = st.file_uploader(
        "Add a zip with one folder for each class",
        "zip",
        key=f"{state.COLLECTED_ZIP}_{turn}",
        max_upload_size=UPLOAD_MEGABYTES,
    )
    if file is not None:
        bar = st.progress(0.0, "Looking at the photos…")
        try:
            found: TakenIn | str = take_in(file.name, file, partial(_draw, bar))
        except DatasetError as problem:
            found = str(problem)
        st.session_state[state.COLLECTED_TAKEN] = found
        st.session_state[state.COLLECTED_TURN] = turn + 1  # a fresh uploader, which lets go of the file
        st.rerun()
    _tell(st.session_state.get(state.COLLECTED_TAKEN))


def _draw(bar: DeltaGenerator, done: int, total: int) -> None:
    bar.progress(done / total, f"Looking at the photos: {done} of {total}")


def _tell(found: TakenIn | str | None) -> None:
    if isinstance(found, str):
        st.error(plain(found, 600), icon=":material/error:")
    elif found is not None:
        st.markdown(f":material/check: {count_of(found.taken, 'photo').capitalize()} taken in.")
        if found.refused:
            listed = "\n".join(f"- {plain(name, 100)}: {plain(reason, 200)}" for name, reason in found.refused)
            st.markdown(f"Not taken:\n\n{listed}")
