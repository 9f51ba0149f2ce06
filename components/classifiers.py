"""Classifiers of shelf models, opened once for all visitors."""

import streamlit as st

from recycler.classifier import Classifier, load_classifier
from recycler.shelf import LITERT_FILE, Card


def shared_classifier(card: Card) -> Classifier:
    """The classifier of a model on the shelf; a model that was published again gets a new one. Raises ModelError."""
    return _classifier(card.name, card.checksums.get(LITERT_FILE, ""))


@st.cache_resource(max_entries=4, show_spinner=False)
def _classifier(name: str, checksum: str) -> Classifier:
    return load_classifier(name)
