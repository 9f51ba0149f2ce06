"""Other runs that judged the same photos, to be drawn beside one."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import streamlit as st

from components import state
from components.analysis.answers import of_run
from components.analysis.labels import with_labels_of_now
from recycler.analysis import OWN, Analysis
from recycler.evaluations import Question
from recycler.figures import RUNS
from recycler.subjects import Subject, list_subjects

NEWEST = 200  # runs whose recipes are looked at, 30 ms each at the first time


def choose_siblings(analysis: Analysis, beside: Analysis | None) -> list[Analysis]:
    """Draw the choice of further runs of the same photos; return the one beside, if any, then those."""
    found = [beside] if beside else []
    known = {analysis.subject.name, *(one.subject.name for one in found)}
    newest = islice((subject for subject in list_subjects() if subject.run and subject.name not in known), NEWEST)
    runs = {subject.name: subject for subject in newest if _same_photos(subject, analysis)}
    if not runs:
        return found
    names = st.multiselect(
        "Other runs of the same photos",
        list(runs),
        format_func=lambda name: _full(runs[name]),
        key=state.ANALYSE_SIBLINGS,
        max_selections=len(RUNS) - 2,
        placeholder="None",
    )
    return found + [_of(runs[name], analysis) for name in names]


def titles(analyses: Sequence[Analysis]) -> list[str]:
    """Their subjects' titles, each only once."""
    plain = [one.subject.title for one in analyses]
    return [
        title if plain.count(title) == 1 else _full(one.subject) for title, one in zip(plain, analyses, strict=True)
    ]


def _same_photos(subject: Subject, analysis: Analysis) -> bool:
    """Whether a run's own photos are these, divided the same."""
    if subject.run is None or analysis.data != OWN or analysis.split not in subject.run.record.figures:
        return False
    return subject.recipe is not None and subject.recipe.data == analysis.photos


def _of(subject: Subject, analysis: Analysis) -> Analysis:
    question = Question(subject.name, f"{OWN}:{subject.name}", analysis.split)
    table = of_run(subject, question, None, analysis.rulebook)
    return with_labels_of_now(replace(table, coarse=analysis.coarse))


def _full(subject: Subject) -> str:
    return f"{subject.title}, {subject.run.record.created:%-d %b %H:%M:%S}" if subject.run else subject.title
