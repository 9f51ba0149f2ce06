"""Data sets, loaded once for all visitors, and again after they or their corrected labels were changed.

What was loaded for one visitor is at hand for all; so whoever asks is looked at before the caches are.
"""

import streamlit as st

from recycler.datasets import dataset_stamp, load_dataset
from recycler.datasets.dataset import Dataset
from recycler.datasets.named import require_offered
from recycler.datasets.overlay import overlaid, overlay
from recycler.datasets.sources import load_sources
from recycler.recipe import Data


def load(data: Data) -> Dataset:
    """The joined photos of a recipe's sources. No photo is opened. Raises DatasetError."""
    return load_sources(data, whole)


def as_found(data: Data) -> Dataset:
    """The same without corrected labels: what evaluations are named by. Raises DatasetError."""
    return _joined(data.model_dump_json(), stamps_as_found(data))


def fingerprint(data: Data) -> str:
    """The fingerprint of these photos without corrected labels. Raises DatasetError."""
    return _fingerprint(data.model_dump_json(), stamps_as_found(data))


def whole(name: str) -> Dataset:
    """One data set, by a name or path as in a recipe. Raises DatasetError."""
    require_offered([name])
    return _whole(name, dataset_stamp(name))


def stamps(data: Data) -> tuple[int, ...]:
    """What changes when one of the sources or their corrected labels do: for caches. Raises DatasetError."""
    require_offered(source.name for source in data.sources)
    return tuple(part for source in data.sources for part in dataset_stamp(source.name))


def stamps_as_found(data: Data) -> tuple[int, ...]:
    """What changes when one of the sources does, whatever its corrected labels: for caches. Raises DatasetError."""
    require_offered(source.name for source in data.sources)
    return tuple(dataset_stamp(source.name)[0] for source in data.sources)


@st.cache_resource(max_entries=8, show_spinner="Looking at the photos…")
def _whole(name: str, changed: tuple[int, int]) -> Dataset:
    return overlaid(_as_found(name, changed[0]), overlay(name))


@st.cache_resource(max_entries=8, show_spinner=False)
def _joined(data: str, changed: tuple[int, ...]) -> Dataset:
    return load_sources(Data.model_validate_json(data), lambda name: _as_found(name, dataset_stamp(name)[0]))


@st.cache_data(max_entries=32, show_spinner="Looking at the photos…")
def _fingerprint(data: str, changed: tuple[int, ...]) -> str:
    return _joined(data, changed).fingerprint()


@st.cache_resource(max_entries=8, show_spinner=False)
def _as_found(name: str, changed: int) -> Dataset:
    return load_dataset(name, corrected=False)
