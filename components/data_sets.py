"""Data sets, loaded once for all visitors, and again after they were changed."""

from pathlib import Path

import streamlit as st

from recycler.datasets import NAMED, available_datasets, load_dataset
from recycler.datasets.dataset import Dataset
from recycler.datasets.sources import load_sources
from recycler.recipe import Data


def load(data: Data) -> Dataset:
    """The joined photos of a recipe's sources. No photo is opened. Raises DatasetError."""
    return load_sources(data, whole)


def whole(name: str) -> Dataset:
    """All photos of a data set, by name or path. Raises DatasetError."""
    return _whole(name, _stamp(name))


def stamps(data: Data) -> tuple[int, ...]:
    """What changes when one of the sources does: for caches."""
    return tuple(_stamp(source.name) for source in data.sources)


@st.cache_resource(max_entries=8, show_spinner="Looking at the photos…")
def _whole(name: str, changed: int) -> Dataset:
    return load_dataset(name)


def _stamp(name: str) -> int:
    path = available_datasets()[name] if name in NAMED else Path(name).expanduser()
    try:
        return path.stat().st_mtime_ns if path else 0
    except OSError:
        return 0
