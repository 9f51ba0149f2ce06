"""What the network sees in photos, for neighbours and the map; computed after a press of a button, then kept."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components import data_sets, state
from components.analysis import pixels
from components.classifiers import shared_classifier
from components.words import about
from recycler.analysis import OWN, Analysis
from recycler.datasets.dataset import Dataset
from recycler.embeddings import Embedded, Progress, embed, keep_embedded, kept_embedded, rows_of, training_photos
from recycler.errors import PhotoError
from recycler.predictions import Index
from recycler.settings import settings
from recycler.shelf import LITERT_FILE, Card

SECONDS_A_PHOTO = 0.03
PUBLISH_FIRST = "This needs the network itself: publish this run to the shelf on the Train page, and choose it here."


@dataclass(frozen=True, eq=False)
class Training:
    """The photos that a subject learned from. analysis: by which their pixels are found."""

    embedded: Embedded
    analysis: Analysis


def of_photo(analysis: Analysis, row: int) -> NDArray[np.float32] | None:
    """The embedding (D,) of a photo of the table; None when there is no network or no photo."""
    return _of_photo(analysis.key, str(analysis.table.photos[row]), analysis)


def of_training(analysis: Analysis) -> Training | None:
    """The training photos; until they are known, what to do about it is drawn."""
    card, recipe = analysis.subject.card, analysis.subject.recipe
    if card is None or recipe is None:
        st.caption(PUBLISH_FIRST)
        return None
    wanted = recipe.data
    key = _key(card, "training", wanted.model_dump_json(), data_sets.stamps(wanted))
    own = replace(analysis, key=key, data=OWN)
    found = _kept(
        key,
        "Find them (takes some minutes, once)",
        card,
        lambda progress: training_photos(wanted, data_sets.load(wanted), progress),
    )
    return None if found is None else Training(found, own)


def of_rows(analysis: Analysis, rows: Index) -> tuple[Index, NDArray[np.floating]] | None:
    """Embeddings of photos of the table: those of the rows that can be opened, int64 (n,), and (n, D).

    Until they are known, what to do about it is drawn, and None comes back.
    """
    card = analysis.subject.card
    if card is None:
        st.info(PUBLISH_FIRST)
        return None
    photos = analysis.table.photos[rows]
    key = _key(card, "rows", analysis.key, hashlib.sha256("\n".join(photos).encode()).hexdigest())
    label = f"Look at {len(rows):,} photos ({about(len(rows) * SECONDS_A_PHOTO)})"

    def chosen(_: object) -> Dataset:
        data = pixels.photos_of(analysis)
        place = {photo: i for i, photo in enumerate(data.photos)}
        return data.pick([place[photo] for photo in photos if photo in place])

    found = _kept(key, label, card, chosen)
    if found is None:
        return None
    places = rows_of(found, photos)
    return rows[places >= 0], found.embeddings[places[places >= 0]]


def _kept(key: str, label: str, card: Card, photos: Callable[[Progress], Dataset]) -> Embedded | None:
    """What was computed before; else a button that computes it, with progress in its place."""
    found = kept_embedded(key)
    slot = st.empty()
    if found is None and slot.button(label, key=f"{state.ANALYSE_LARGE}-{key}", icon=":material/visibility:"):
        bar = slot.progress(0.0)

        def progress(what: str, done: int, of: int) -> None:
            if done % 16 == 0 or done == of:
                bar.progress(done / of, f"{what}: {done:,} of {of:,}")

        keep_embedded(key, embed(shared_classifier(card), photos(progress), settings().threads, progress))
        slot.empty()
        found = kept_embedded(key)
    return found


@st.cache_data(max_entries=256, show_spinner=False)
def _of_photo(key: str, photo: str, _analysis: Analysis) -> NDArray[np.float32] | None:
    content, card = pixels.read_photo(_analysis, photo), _analysis.subject.card
    try:
        return None if content is None or card is None else shared_classifier(card).classify(content).embedding
    except PhotoError:
        return None


def _key(card: Card, *parts: object) -> str:
    return hashlib.sha256(repr((card.checksums.get(LITERT_FILE), *parts)).encode()).hexdigest()[:24]
