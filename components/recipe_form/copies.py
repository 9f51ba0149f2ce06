"""Copies of a photo among the chosen ones: how many there are, and which."""

from collections.abc import Iterator
from itertools import count

import streamlit as st

from components import data_sets, state
from components.pictures import Picture, picture_grid
from components.recipe_form import photos
from components.words import count_of, readable
from recycler.access import acting, actor
from recycler.datasets.copy_search import Copies, CopySearches, Search
from recycler.datasets.dataset import Dataset
from recycler.recipe import Data

TICK_SECONDS = 1.0
SHOWN = 8  # groups with their pictures, and photos of each
COLUMNS = 4


def copies_note(data: Data) -> None:
    """Draw what is known; it is looked for in the background, and the note follows it until the end."""
    found = search(data)
    if not found.answer.done():
        st.fragment(_note, run_every=TICK_SECONDS)(data, count())
    elif found.answer.exception() is None:
        _found(data, found.answer.result())


def search(data: Data) -> Search:
    """How the search in these photos goes; how they are divided makes no difference."""
    visitor = actor()

    def load() -> Dataset:
        with acting(visitor):  # it is loaded by a thread that serves nobody
            return data_sets.load(data)

    return _searches().look(_key(data), load)


@st.cache_resource(show_spinner=False)
def _searches() -> CopySearches:
    """Those of this server, for all visitors."""
    return CopySearches()


def _note(data: Data, looks: Iterator[int]) -> None:
    """So far. At the end the page is drawn anew, but never at the first look: a button's press would be lost."""
    found = search(data)
    if next(looks) and found.answer.done():
        st.rerun()
    so_far = f": {found.done:,} of {found.total:,}" if found.total else ""
    st.caption(f":material/content_copy: Looking for photos that are there twice{so_far}…")


def _found(data: Data, copies: Copies) -> None:
    told = [
        f"{count_of(copies.spare, 'photo')} {'is a copy' if copies.spare == 1 else 'are copies'} of another, or nearly."
        if copies.spare
        else "No photo is there twice."
    ]
    if copies.mixed:
        told.append(f"In {count_of(copies.mixed, 'case')} a copy is in another class.")
    if copies.unreadable:
        told.append(f"{count_of(copies.unreadable, 'photo')} cannot be opened and will be left out.")
    st.caption(f":material/content_copy: {' '.join(told)}")
    if not copies.groups:
        return
    with st.expander("See the copies", key=state.TRAIN_COPIES, on_change="rerun") as fold:
        if fold.open:
            picture_grid(_pictures(_key(data), data.model_dump_json(), copies.groups[:SHOWN]), COLUMNS)


@st.cache_data(max_entries=16, show_spinner="Opening photos…")
def _pictures(key: str, data: str, groups: tuple[tuple[int, ...], ...]) -> list[Picture]:
    """A picture a group: its photos one below the other, with their classes."""
    whole = data_sets.load(Data.model_validate_json(data))
    return [
        Picture(
            tuple(filter(None, (photos.thumbnail(whole, i) for i in group[:2]))),
            " and ".join(dict.fromkeys(readable(whole.classes[whole.labels[i]]) for i in group)),
            f"{len(group)} photos" if len(group) > 2 else "",
        )
        for group in groups
    ]


def _key(data: Data) -> str:
    """Which photos these are, as they are now."""
    sources = "".join(source.model_dump_json() for source in data.sources)
    return f"{sources}{data_sets.stamps(data)}{data.seed}"
