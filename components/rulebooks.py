"""Rulebooks, read once for all visitors, and again after a file was changed."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from recycler.errors import RulebookError
from recycler.rulebook import Rulebook, known_rulebooks, load_rulebook


def read_rulebook(path: Path, also: tuple[str, ...]) -> Rulebook:
    """A rulebook; `also` as in `load_rulebook`. Raises RulebookError."""
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        changed = 0  # reading it says what is wrong
    return _read(path, changed, also)


def fitting_rulebooks(classes: Sequence[str]) -> dict[str, Rulebook]:
    """The known rulebooks that say where each of these classes goes, by name; those with mistakes are passed over."""
    found = {}
    for name, path in known_rulebooks().items():
        try:
            rulebook = read_rulebook(path, tuple(classes))
            rulebook.check(classes)
        except RulebookError:
            continue
        found[name] = rulebook
    return found


@st.cache_data(max_entries=64, show_spinner=False)
def _read(path: Path, changed: int, also: tuple[str, ...]) -> Rulebook:
    return load_rulebook(path, also)
