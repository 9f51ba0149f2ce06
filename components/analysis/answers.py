"""Analyses from what is kept: a run's own table, an evaluation, a table from a file."""

from pathlib import Path

import streamlit as st

from components import state
from recycler.analysis import OWN, Analysis
from recycler.datasets import NAMED
from recycler.datasets.dataset import Dataset
from recycler.evaluations import Evaluation, Question, folder_of, load_evaluation, photos_asked, thresholds_now
from recycler.predictions import Predictions, read_predictions
from recycler.recipe import Data, Source
from recycler.rulebook import Rulebook
from recycler.runs import PREDICTIONS_FILE
from recycler.subjects import ALWAYS_ANSWER, Subject, rulebook_of


def own_splits(subject: Subject) -> list[str]:
    """The splits of a run's own table, which is there without any evaluation."""
    return list(dict.fromkeys(_own(subject).splits)) if subject.run else []


def of_run(subject: Subject, question: Question, photos: Dataset | None, rulebook: Rulebook) -> Analysis:
    """What a run said of its own photos when it ended. Raises PredictionsError."""
    whole = _own(subject)
    table = whole.pick(whole.splits == question.split).judged(rulebook, subject.thresholds)
    coarse = dict(photos.coarse) if photos else {}
    key = f"{subject.name}-{question.split}-{_changed(subject)}-{rulebook.name}"
    return Analysis(key, subject, OWN, question.split, table, rulebook, photos_asked(question), coarse)


def of_evaluation(subject: Subject, question: Question, key: str, photos: Dataset, rulebook: Rulebook) -> Analysis:
    """What an evaluation found. Raises RecyclerError."""
    evaluation, table = evaluated(key)
    kept = ""
    if evaluation.learned and question.split != "train":
        table, kept = _without_learned(evaluation, table, key)
    thresholds = thresholds_now(subject, evaluation)
    data = OWN if question.owner == subject.name else question.data
    return Analysis(
        f"{key}-{kept}-{rulebook.name}-{thresholds}",
        subject,
        data,
        question.split,
        table.judged(rulebook, thresholds),
        rulebook,
        photos_asked(question),
        dict(photos.coarse),
        evaluation.left_out,
        key,
    )


def evaluated(key: str) -> tuple[Evaluation, Predictions]:
    """A finished evaluation and its table, not yet judged by a rulebook. Raises RecyclerError."""
    return _evaluated(key, folder_of(key).stat().st_ino)


def of_file(name: str, table: Predictions) -> Analysis:
    """A table that somebody brought along; its photos are shown where their sources are known here."""
    subject = Subject(f"file:{name}", name, table.classes, ALWAYS_ANSWER)
    rulebook = rulebook_of(subject)
    sources = sorted({str(photo).split("/")[0] for photo in table.photos} & set(NAMED))
    photos = Data(sources=tuple(Source(name=source) for source in sources)) if sources else None
    split = ", ".join(sorted(set(table.splits)))
    return Analysis(f"{name}-{len(table)}-{table.squares.sum()}", subject, name, split, table, rulebook, photos)


def _without_learned(evaluation: Evaluation, table: Predictions, key: str) -> tuple[Predictions, str]:
    """The table without the photos that the model has learned from, unless these are asked for."""
    if evaluation.learned == len(table):
        st.warning("The model has learned from all of these photos: what it says of them flatters.")
        return table, ""
    label = f"Leave out the {evaluation.learned:,} photos that the model has learned from"
    leave = st.toggle(label, True, key=f"{state.ANALYSE_LEARNED}_{key}")
    return (table.pick(table.splits != "train"), "new") if leave else (table, "")


def _own(subject: Subject) -> Predictions:
    assert subject.run is not None  # noqa: S101
    return _read(str(subject.run.folder / PREDICTIONS_FILE), _changed(subject), subject.classes)


def _changed(subject: Subject) -> int:
    assert subject.run is not None  # noqa: S101
    return (subject.run.folder / PREDICTIONS_FILE).stat().st_mtime_ns


@st.cache_resource(max_entries=6, show_spinner=False)
def _read(path: str, changed: int, classes: tuple[str, ...]) -> Predictions:
    return read_predictions(Path(path), classes)


@st.cache_resource(max_entries=6, show_spinner=False)
def _evaluated(key: str, changed: int) -> tuple[Evaluation, Predictions]:
    return load_evaluation(key)
