"""What the network sees in photos, as an evaluation kept it: for neighbours and the map."""

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components import data_sets
from components.analysis import waiting
from components.analysis.answers import evaluated
from components.words import plain
from recycler.analysis import OWN, Analysis
from recycler.analysis.neighbours import Embedded
from recycler.errors import RecyclerError
from recycler.evaluations import OWNED, Question, find_evaluation, key_of, load_embeddings, photos_asked
from recycler.predictions import Index

WHY_TRAINING = "To find them, the network has to look once at all photos that it was trained on."
WHY_ROWS = "A run keeps what it said of these photos, not what it saw in them: it has to look at them once more."
NO_NETWORK = "The network behind this table is not here, so what it sees in the photos is not known."


@dataclass(frozen=True, eq=False)
class Training:
    """The photos that a subject learned from. analysis: by which their pixels are found."""

    embedded: Embedded
    analysis: Analysis


def of_training(analysis: Analysis) -> Training | None:
    """The training photos. Where they are not known yet, the way to it is drawn, and None comes back."""
    subject = analysis.subject
    question = Question(subject.name, f"{OWNED}{subject.name}", "train")
    if subject.recipe is None:
        st.caption("What this was trained on is not known here.")
        return None
    found = _ask(analysis, question, WHY_TRAINING)
    if found is None:
        return None
    key, embedded = found
    return Training(embedded, replace(analysis, key=key, data=OWN, photos=subject.recipe.data))


def of_rows(analysis: Analysis, rows: Index) -> tuple[Index, NDArray[np.floating]] | None:
    """Photos of the table whose embeddings are kept: of these rows those, int64 (n,), and (n, D).

    Where there are none yet, the way to them is drawn, and None comes back.
    """
    subject = analysis.subject
    if analysis.evaluation:
        embedded = _embedded(analysis.evaluation)
    else:
        found = _ask(analysis, Question(subject.name, f"{OWNED}{subject.name}", analysis.split), WHY_ROWS)
        embedded = found[1] if found else None
    if embedded is None:
        return None
    places = embedded.rows_of(analysis.table.photos[rows])
    there = places >= 0
    return rows[there], embedded.embeddings[places[there]]


def _ask(analysis: Analysis, question: Question, why: str) -> tuple[str, Embedded] | None:
    """The key of an evaluation and what it kept; None, and the button that asks or how far it is, before that."""
    subject = analysis.subject
    if subject.card is None and subject.run is None:
        st.caption(NO_NETWORK)
        return None
    try:
        photos = photos_asked(question)
        key = key_of(question, subject, data_sets.as_found(photos), data_sets.fingerprint(photos))
    except RecyclerError as problem:  # on a machine that has the model without its photos
        st.caption(plain(str(problem), 600))
        return None
    standing = find_evaluation(key)
    if standing is None or standing.state != "done":
        st.caption(why)
        waiting.ask(subject, question, key, standing)
        return None
    found = _embedded(key)
    return None if found is None else (key, found)


def _embedded(key: str) -> Embedded | None:
    _, table = evaluated(key)
    embeddings = load_embeddings(key)
    if embeddings is None or len(embeddings) != len(table):
        st.caption("What the network sees in these photos was not kept. Evaluate them again.")
        return None
    return Embedded(table.photos, np.array(table.names, object)[table.true], embeddings)
