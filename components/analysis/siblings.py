"""Other runs that judged the same photos, to be drawn beside one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from components import state
from recycler.analysis import OWN, Analysis
from recycler.figures import RUNS
from recycler.predictions import Predictions, read_predictions
from recycler.runs import PREDICTIONS_FILE
from recycler.subjects import Subject, list_subjects


def choose_siblings(analysis: Analysis, beside: Analysis | None) -> list[Analysis]:
    """Draw the choice of further runs of the same photos; return the one beside, if any, then those."""
    found = [beside] if beside else []
    recipe = analysis.subject.recipe
    if analysis.data != OWN or recipe is None:
        return found
    known = {analysis.subject.name, *(one.subject.name for one in found)}
    runs = {
        subject.name: subject
        for subject in list_subjects()
        if subject.run and subject.name not in known and subject.recipe and subject.recipe.data == recipe.data
    }
    if not runs:
        return found
    names = st.multiselect(
        "Other runs of the same photos",
        list(runs),
        format_func=lambda name: _title(runs[name]),
        key=state.ANALYSE_SIBLINGS,
        max_selections=len(RUNS) - 2,
        placeholder="None",
    )
    return found + [_analysis(analysis, runs[name]) for name in names]


def titles(analyses: Sequence[Analysis]) -> list[str]:
    """Their subjects' titles, each only once."""
    plain = [one.subject.title for one in analyses]
    return [
        title if plain.count(title) == 1 else _title(one.subject) for title, one in zip(plain, analyses, strict=True)
    ]


def _analysis(analysis: Analysis, subject: Subject) -> Analysis:
    """The same photos as this run judged them."""
    assert subject.run is not None  # noqa: S101
    file = subject.run.folder / PREDICTIONS_FILE
    changed = file.stat().st_mtime_ns
    table = _read(str(file), changed, subject.classes)
    table = table.pick(table.splits == analysis.split).judged(analysis.rulebook, subject.thresholds)
    return replace(analysis, key=f"{subject.name}-{analysis.split}-{changed}", subject=subject, table=table)


def _title(subject: Subject) -> str:
    return f"{subject.title}, {subject.run.record.created:%-d %b %H:%M:%S}" if subject.run else subject.title


@st.cache_resource(max_entries=8, show_spinner=False)
def _read(path: str, changed: int, classes: tuple[str, ...]) -> Predictions:
    return read_predictions(Path(path), classes)
