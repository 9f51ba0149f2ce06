"""Whose answers on which photos are looked at, and beside whose."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from components import data_sets, state
from components.analysis import waiting
from components.analysis.answers import of_evaluation, of_file, of_run, own_splits
from components.words import readable
from recycler.analysis import Analysis
from recycler.class_mapping import map_classes
from recycler.datasets import available_datasets
from recycler.datasets.dataset import Dataset
from recycler.errors import DatasetError
from recycler.evaluations import Question, find_evaluation, key_of, photos_asked, sorted_mapping
from recycler.predictions import read_predictions
from recycler.rulebook import Rulebook, list_rulebooks
from recycler.settings import settings
from recycler.subjects import Subject, list_subjects, rulebook_of

NOTHING = "—"
OWNED = "own:"
SPLITS = {
    "test": "Test",
    "validation": "Validation",
    "left out": "Source left out",
    "train": "Training",
    "all": "All of them",
}


NO_PHOTOS = (
    "There are no photos here to ask this model about. Set RECYCLER_DATA to a folder of data sets, teach it some "
    "photos on Classify, or name a folder above under *Other photos*."
)


class Chosen(NamedTuple):
    """What is looked at, and beside what; None while it is not there yet."""

    analysis: Analysis | None = None
    beside: Analysis | None = None


def choose() -> Chosen:
    """Draw the choices, which the address holds, too; where an answer is missing, the way to it.

    Raises RecyclerError.
    """
    choices, more = st.container(), st.container(horizontal=True, key=state.ANALYSE_MORE)
    with more:
        brought = _from_file()
        _other_photos()
    if brought:
        return Chosen(brought)
    subjects = {subject.name: subject for subject in list_subjects()}
    if not subjects:
        st.info("There is no model and no finished run yet. Train one, then come back.", icon=":material/school:")
        return Chosen()
    titles = _titles(subjects.values())
    columns = choices.columns(4)
    with columns[0]:
        subject = subjects[_select("Model or run", titles, state.ANALYSE_SUBJECT, settings().model)]
    offered = _data(subject)
    if not offered:
        st.info(NO_PHOTOS, icon=":material/folder_open:")
        return Chosen()
    with columns[1]:
        data = _select("Asked about", offered, state.ANALYSE_DATA)
    photos = _photos(subject, data)
    with columns[2]:
        split = _select(
            "Which of them", {name: SPLITS[name] for name in _splits(subject, data, photos)}, state.ANALYSE_SPLIT
        )
    with columns[3]:
        others = {NOTHING: "nothing"} | {name: title for name, title in titles.items() if name != subject.name}
        other = _select("Compare with", others, state.ANALYSE_BESIDE)
    with more:
        mapping, rulebook = _rules(subject, photos.classes if photos else ())
    analysis = _answer(subject, Question(subject.name, data, split, mapping), photos, rulebook)
    if analysis is None or other == NOTHING:
        return Chosen(analysis)
    return Chosen(analysis, _beside(subjects[other], Question(other, data, split, mapping), photos, rulebook))


def _from_file() -> Analysis | None:
    """A predictions table that somebody brings along, if they do. Raises PredictionsError."""
    with st.popover("Open a table", icon=":material/table:", type="tertiary"):
        st.markdown("A predictions table, as `python -m recycler evaluate --out FILE` writes it.")
        file = st.file_uploader("Parquet file", type="parquet", key=state.ANALYSE_FILE)
    return of_file(file.name, read_predictions(file.getvalue())) if file else None


def _other_photos() -> None:
    """A folder or zip on the server, which then can be chosen like the data sets."""

    def named() -> None:
        path = st.session_state[state.ANALYSE_PATH].strip()
        if path:
            st.session_state[f"_analyse_{state.ANALYSE_DATA}"] = st.query_params[state.ANALYSE_DATA] = path

    with st.popover("Other photos", icon=":material/folder_open:", type="tertiary"):
        st.text_input(
            "A folder or zip on this server",
            key=state.ANALYSE_PATH,
            on_change=named,
            placeholder="/photos/kitchen",
            help="It holds one folder of photos for each class.",
        )


def _select(label: str, options: Mapping[str, str], name: str, preferred: str | None = None) -> str:
    """A select box whose choice stands in the address under `name`; options: value to what is shown."""
    key = f"_analyse_{name}"
    asked = st.session_state.get(key, st.query_params.get(name, preferred))
    st.session_state[key] = asked if asked in options else next(iter(options))
    chosen: str = st.selectbox(label, list(options), format_func=options.__getitem__, key=key)
    st.query_params[name] = chosen
    return chosen


def _titles(subjects: Iterable[Subject]) -> dict[str, str]:
    """Names for people, each only once."""
    found: dict[str, str] = {}
    for subject in subjects:
        title = subject.title
        if subject.run:
            title += f", {subject.run.record.created:%-d %b %H:%M}"
        found[subject.name] = f"{title} ({subject.name})" if title in found.values() else title
    return found


def _data(subject: Subject) -> dict[str, str]:
    """What a subject can be asked about: its own photos, the named data sets, and what its recipe took."""
    found = {f"{OWNED}{subject.name}": "its own photos"} if _has_own(subject) else {}
    found |= {name: name for name, path in available_datasets().items() if path}
    if subject.recipe:
        names = [source.name for source in subject.recipe.data.sources]
        found |= {name: Path(name).name for name in names if name not in found}
    asked = st.query_params.get(state.ANALYSE_DATA, "")
    if asked and not asked.startswith(OWNED):  # a folder or zip on the server
        found.setdefault(asked, Path(asked).name)
    return found


def _has_own(subject: Subject) -> bool:
    """Whether the photos that the subject was made with are here, or at least what a run said of them."""
    if subject.recipe is None or subject.run:
        return subject.recipe is not None
    there = available_datasets()
    return all(there.get(source.name) or Path(source.name).exists() for source in subject.recipe.data.sources)


def _photos(subject: Subject, data: str) -> Dataset | None:
    """The photos that are asked about; None for those of a run that have gone, whose table is still there."""
    try:
        return data_sets.as_found(photos_asked(Question(subject.name, data)))
    except DatasetError:
        if data != f"{OWNED}{subject.name}" or not own_splits(subject):
            raise
        return None


def _splits(subject: Subject, data: str, photos: Dataset | None) -> list[str]:
    if not data.startswith(OWNED):
        return ["test", "train", "all"] if photos and any(photos.splits) else ["all"]
    own = own_splits(subject) if data == f"{OWNED}{subject.name}" else []
    return [name for name in SPLITS if name in own or (photos and name in ("test", "validation", "train"))]


def _rules(subject: Subject, classes: Sequence[str]) -> tuple[tuple[tuple[str, str | None], ...], Rulebook]:
    """Behind a fold: whose rules, and what counts as what where the photos have other classes than the model."""
    found = map_classes(classes, subject.classes)
    missing = [name for name in classes if name not in subject.classes]
    chosen: dict[str, str | None] = {}
    with st.popover("Rules and classes", icon=":material/tune:", type="tertiary"):
        recipe = subject.recipe
        books = list_rulebooks(settings().rulebooks)
        first = recipe.rulebook if recipe and recipe.rulebook in books else settings().rulebook
        book = st.selectbox("Rules", sorted(books, key=lambda name: name != first), key=state.ANALYSE_RULES)
        if missing:
            st.markdown("Classes of these photos that the model does not have count as:")
        options = [NOTHING, *subject.classes]
        for one in missing:
            place = options.index(found.get(one, NOTHING))
            key = f"{state.ANALYSE_MAP}_{subject.name}_{one}"
            target = st.selectbox(readable(one).capitalize(), options, place, format_func=readable, key=key)
            if target != options[place]:
                chosen[one] = None if target == NOTHING else target
    return sorted_mapping(chosen), rulebook_of(subject, book)


def _beside(subject: Subject, question: Question, photos: Dataset | None, rulebook: Rulebook) -> Analysis | None:
    """The same of another subject, by the same rules where they know its classes. Raises RecyclerError."""
    if any(name not in rulebook.classes for name in subject.classes):
        rulebook = rulebook_of(subject)
    mapping = tuple(pair for pair in question.mapping if pair[1] in (None, *subject.classes))
    return _answer(subject, replace(question, mapping=mapping), photos, rulebook)


def _answer(subject: Subject, question: Question, photos: Dataset | None, rulebook: Rulebook) -> Analysis | None:
    """What is kept, a run's own table before all; where there is nothing, the button that asks or how far it is."""
    if question.split in own_splits(subject) and _made_with(subject, question):
        return of_run(subject, question, photos, rulebook)
    if photos is None:
        raise DatasetError("The photos of this run are not here any more, so they cannot be asked about.")
    key = key_of(question, subject, photos)
    standing = find_evaluation(key)
    if standing is None or standing.state != "done":
        waiting.ask(subject, question, key, standing)
        return None
    return of_evaluation(subject, question, key, photos, rulebook)


def _made_with(subject: Subject, question: Question) -> bool:
    """Whether these photos are the subject's own, or those of another one whose recipe names and divides the same."""
    recipe = subject.recipe
    if question.owner is None or recipe is None:
        return False
    return question.owner == subject.name or photos_asked(question) == recipe.data
