"""Classifiers, opened once for all visitors."""

import streamlit as st

from recycler.classifier import Classifier, load_classifier
from recycler.settings import settings
from recycler.shelf import LITERT_FILE, Card, load_model
from recycler.subjects import Subject, model_at_hand


def shared_classifier(card: Card) -> Classifier:
    """The classifier of a model on the shelf; a model that was published again gets a new one. Raises ModelError."""
    return _classifier(card.name, card.model_dump_json())


def classifier_of(subject: Subject) -> Classifier | None:
    """The classifier of a model or run; None for a run that was never asked about other photos. Raises ModelError."""
    if subject.run is None:
        return shared_classifier(subject.card) if subject.card else None
    found = model_at_hand(subject)
    return None if found is None else _of_run(found.card.name, found.card.checksums.get(LITERT_FILE, ""))


@st.cache_resource(max_entries=4, show_spinner=False)
def _classifier(name: str, checksum: str) -> Classifier:
    return load_classifier(name)


@st.cache_resource(max_entries=2, show_spinner=False)
def _of_run(name: str, checksum: str) -> Classifier:
    return Classifier(load_model(settings().published, name))
