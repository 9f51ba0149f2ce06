"""Whose answers on which photos are looked at, and beside whose."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from components import data_sets, state
from components.analysis import lately, waiting
from components.analysis.answers import of_evaluation, of_file, of_run, of_run_before, own_splits
from components.analysis.rules import choose_mapping, choose_rulebook
from components.words import plain
from recycler.access import may
from recycler.analysis import Analysis
from recycler.datasets import available_datasets
from recycler.datasets.dataset import Dataset
from recycler.errors import DatasetError
from recycler.evaluations import OWNED, Question, find_evaluation, key_of, photos_asked
from recycler.rulebook import Rulebook
from recycler.settings import settings
from recycler.subjects import Subject, list_subjects, rulebook_of

NOTHING = "—"
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
    choices, more = st.container(key=state.ANALYSE_CHOICES), st.container(horizontal=True, key=state.ANALYSE_FURTHER)
    with more:
        brought = _from_file()
        if may("administer"):
            _other_photos()
    if brought:
        _what_was_left_out(brought)
        return Chosen(brought)
    subjects = {subject.name: subject for subject in list_subjects()}
    if not subjects:
        st.info("There is no model and no finished run yet. Train one, then come back.", icon=":material/school:")
        return Chosen()
    titles = _titles(subjects.values())
    columns = choices.columns(4)
    with columns[0]:
        subject = subjects[_select("Model or run", titles, state.ANALYSE_SUBJECT, settings().model)]
    lately.show(subject)
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
    with more:
        rulebook = choose_rulebook(subject)
    mapping = choose_mapping(subject, data, photos.classes) if photos else ()
    analysis = _answer(subject, Question(subject.name, data, split, mapping), photos, rulebook)
    before = {one.subject.name: one for one in of_run_before(analysis)} if analysis else {}
    with columns[3]:
        itself = {name: one.subject.title for name, one in before.items()}
        others = {NOTHING: "nothing"} | itself | {name: titles[name] for name in titles if name != subject.name}
        other = _select("Compare with", others, state.ANALYSE_BESIDE)
    if analysis is None:
        return Chosen()
    _what_was_left_out(analysis)
    if other == NOTHING or other in before:
        return Chosen(analysis, before.get(other))
    second = replace(subjects[other], title=titles[other])  # as it was chosen: two may share a title
    return Chosen(analysis, _beside(second, Question(other, data, split, mapping), photos, rulebook))


def _from_file() -> Analysis | None:
    """A predictions table that somebody brings along, if they do. Raises PredictionsError."""
    with st.popover("Open a table", icon=":material/table:", type="tertiary"):
        st.markdown("A predictions table, as `python -m recycler evaluate --out FILE` writes it.")
        file = st.file_uploader("Parquet file", type="parquet", key=state.ANALYSE_FILE)
    return of_file(file.name, file.getvalue()) if file else None


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
    if chosen == NOTHING:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != chosen:
        st.query_params[name] = chosen
    return chosen


def _titles(subjects: Iterable[Subject]) -> dict[str, str]:
    """Names for people, each only once."""
    found: dict[str, str] = {}
    known: set[str] = set()
    for subject in subjects:
        title = subject.title
        if subject.run:
            title += f", {subject.run.record.created:%-d %b %H:%M}"
        found[subject.name] = f"{title} ({subject.name})" if title in known else title
        known.add(title)
    return found


def _data(subject: Subject) -> dict[str, str]:
    """What a subject can be asked about: its own photos, the named data sets, and what its recipe took and is here."""
    found = {f"{OWNED}{subject.name}": "its own photos"} if _has_own(subject) else {}
    found |= {name: name for name, path in available_datasets().items() if path}
    if subject.recipe:
        names = [source.name for source in subject.recipe.data.sources]
        found |= {name: Path(name).name for name in names if name not in found and Path(name).exists()}
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
    key = key_of(question, subject, photos, data_sets.fingerprint(photos_asked(question)))
    standing = find_evaluation(key)
    if standing is None or standing.state != "done":
        waiting.ask(subject, question, key, standing)
        return None
    return of_evaluation(subject, question, key, photos, rulebook)


def _what_was_left_out(analysis: Analysis) -> None:
    """What the figures cannot say, behind a fold; nothing where they say all."""
    if analysis.left_out:
        count = len(analysis.left_out)
        with st.expander(f"{count} thing{'s' * (count != 1)} to know about these photos", icon=":material/info:"):
            st.markdown("\n".join(f"- {plain(sentence, 500)}" for sentence in analysis.left_out))


def _made_with(subject: Subject, question: Question) -> bool:
    """Whether these photos are the subject's own, or those of another one whose recipe names and divides the same."""
    recipe = subject.recipe
    if question.owner is None or recipe is None:
        return False
    return question.owner == subject.name or photos_asked(question) == recipe.data
