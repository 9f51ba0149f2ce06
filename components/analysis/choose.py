"""Whose answers on which photos are looked at."""

from pathlib import Path

import streamlit as st

from components import state
from recycler.analysis import OWN, Analysis
from recycler.predictions import Predictions, read_predictions
from recycler.rulebook import find_rulebook
from recycler.runs import PREDICTIONS_FILE
from recycler.settings import settings
from recycler.subjects import list_subjects


def choose() -> Analysis | None:
    """Draw the choices; None, with what to do about it, while there is nothing to look at."""
    subjects = {subject.name: subject for subject in list_subjects() if subject.run}
    if not subjects:
        st.info("Nothing to look at yet.")
        return None
    name = st.selectbox(
        "Model or run", list(subjects), format_func=lambda n: subjects[n].title, key=state.ANALYSE_SUBJECT
    )
    subject = subjects[name]
    assert subject.run is not None  # noqa: S101
    changed = (subject.run.folder / PREDICTIONS_FILE).stat().st_mtime_ns
    table = _own(str(subject.run.folder / PREDICTIONS_FILE), changed, subject.classes)
    splits = list(dict.fromkeys(table.splits))
    split = st.segmented_control("Photos", splits, default=splits[-1], required=True, key=state.ANALYSE_SPLIT)
    recipe = subject.recipe
    rulebook = find_rulebook(recipe.rulebook if recipe else settings().rulebook, subject.classes)
    part = table.pick(table.splits == split).judged(rulebook, subject.thresholds)
    return Analysis(f"{name}-{split}-{changed}", subject, OWN, split or "", part, rulebook)


@st.cache_resource(max_entries=4, show_spinner=False)
def _own(path: str, changed: int, classes: tuple[str, ...]) -> Predictions:
    return read_predictions(Path(path), classes)
