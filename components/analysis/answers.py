"""Analyses from what is kept: a run's own table, an evaluation, a table from a file."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components import state
from recycler.analysis import OWN, Analysis
from recycler.datasets import NAMED
from recycler.datasets.dataset import Dataset
from recycler.evaluation import limits
from recycler.evaluations import Evaluation, Question, folder_of, load_evaluation, photos_asked, thresholds_now
from recycler.predictions import Predictions, read_predictions
from recycler.recipe import Data, Source
from recycler.rulebook import Rulebook
from recycler.runs import PREDICTIONS_FILE
from recycler.subjects import Subject, rulebook_of
from recycler.verdict import ALWAYS_ANSWER, Thresholds

Rows = Callable[[Predictions], NDArray[np.bool_]]


def own_splits(subject: Subject) -> list[str]:
    """The splits of a run's own table, which is there without any evaluation."""
    return list(dict.fromkeys(_own(subject).splits)) if subject.run else []


def of_run(subject: Subject, question: Question, photos: Dataset | None, rulebook: Rulebook) -> Analysis:
    """What a run said of its own photos when it ended. Raises PredictionsError."""
    key = f"{subject.name}-{question.split}-{_changed(subject)}-{_mark(rulebook)}"
    table = _judged(key, _own(subject), lambda whole: whole.splits == question.split, rulebook, subject.thresholds)
    coarse = dict(photos.coarse) if photos else {}
    return Analysis(key, subject, OWN, question.split, table, rulebook, photos_asked(question), coarse)


def of_run_before(analysis: Analysis) -> list[Analysis]:
    """What a run said of the same photos before each of its later stages, as far as it was kept.

    analysis: of a run's own table; of any other subject nothing is kept. Raises PredictionsError.
    """
    subject, run = analysis.subject, analysis.subject.run
    if run is None or analysis.evaluation:
        return []
    found = []
    for stage, name in run.kept_before().items():
        file = run.predictions_before(stage)
        then = Subject(f"{subject.name}@{stage}", f"{subject.title}, before {name}", subject.classes, ALWAYS_ANSWER)
        key = f"{then.name}-{analysis.split}-{file.stat().st_mtime_ns}-{_mark(analysis.rulebook)}"
        whole = _read(str(file), file.stat().st_mtime_ns, subject.classes)
        table = _judged(key, whole, lambda rows: rows.splits == analysis.split, analysis.rulebook, then.thresholds)
        if len(table):
            found.append(replace(analysis, key=key, subject=then, table=table))
    return found


def of_evaluation(subject: Subject, question: Question, key: str, photos: Dataset, rulebook: Rulebook) -> Analysis:
    """What an evaluation found. Raises RecyclerError."""
    evaluation, whole = evaluated(key)
    new = bool(evaluation.learned) and question.split != "train" and _leave_out_learned(evaluation, len(whole), key)
    thresholds = thresholds_now(subject, evaluation)
    name = f"{key}-{'new' if new else ''}-{_mark(rulebook)}-{thresholds}"
    table = _judged(name, whole, (lambda rows: rows.splits != "train") if new else None, rulebook, thresholds)
    return Analysis(
        name,
        subject,
        OWN if question.owner == subject.name else question.data,
        question.split,
        table,
        rulebook,
        photos_asked(question),
        dict(photos.coarse),
        evaluation.mapping,
        (*limits(table, evaluation.mapping, rulebook), *evaluation.left_out),
        key,
    )


def evaluated(key: str) -> tuple[Evaluation, Predictions]:
    """A finished evaluation and its table, not yet judged by a rulebook. Raises RecyclerError."""
    return _evaluated(key, folder_of(key).stat().st_ino)


def of_file(name: str, content: bytes) -> Analysis:
    """A table that somebody brought along; its photos are shown where their sources are known here.

    Its verdicts are the file's own. Raises PredictionsError, and RulebookError where no rules know its classes.
    """
    digest = hashlib.sha256(content).hexdigest()[:16]
    table = _brought(digest, content)
    subject = Subject(f"file:{name}", name, table.classes, ALWAYS_ANSWER)
    rulebook = rulebook_of(subject)
    sources = sorted({str(photo).split("/")[0] for photo in table.photos} & set(NAMED))
    photos = Data(sources=tuple(Source(name=source) for source in sources)) if sources else None
    split = ", ".join(sorted(set(table.splits)))
    left_out = tuple(limits(table, {}, rulebook))
    return Analysis(digest, subject, name, split, table, rulebook, photos, left_out=left_out)


def _leave_out_learned(evaluation: Evaluation, count: int, key: str) -> bool:
    """Whether the photos that the model has learned from are to be left out; said where it has learned from all."""
    if evaluation.learned == count:
        st.warning("The model has learned from all of these photos: what it says of them flatters.")
        return False
    label = f"Leave out the {evaluation.learned:,} photos that the model has learned from"
    return st.toggle(label, True, key=f"{state.ANALYSE_LEARNED}_{key}")


def _own(subject: Subject) -> Predictions:
    assert subject.run is not None  # noqa: S101
    return _read(str(subject.run.folder / PREDICTIONS_FILE), _changed(subject), subject.classes)


def _changed(subject: Subject) -> int:
    assert subject.run is not None  # noqa: S101
    return (subject.run.folder / PREDICTIONS_FILE).stat().st_mtime_ns


def _mark(rulebook: Rulebook) -> str:
    """What changes when the rules do."""
    return f"{rulebook.name}-{hashlib.sha256(rulebook.model_dump_json().encode()).hexdigest()[:8]}"


@st.cache_resource(max_entries=6, show_spinner=False)
def _judged(
    key: str, _table: Predictions, _rows: Rows | None, _rulebook: Rulebook, _thresholds: Thresholds
) -> Predictions:
    """Some rows of a table, judged; with a million rows that takes seconds. key: names all of these."""
    return (_table if _rows is None else _table.pick(_rows(_table))).judged(_rulebook, _thresholds)


@st.cache_resource(max_entries=6, show_spinner=False)
def _read(path: str, changed: int, classes: tuple[str, ...]) -> Predictions:
    return read_predictions(Path(path), classes)


@st.cache_resource(max_entries=6, show_spinner=False)
def _evaluated(key: str, changed: int) -> tuple[Evaluation, Predictions]:
    return load_evaluation(key)


@st.cache_resource(max_entries=2, show_spinner=False)
def _brought(digest: str, _content: bytes) -> Predictions:
    return read_predictions(_content)
