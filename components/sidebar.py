"""The two choices beside every verdict: whose rules, and which model."""

import streamlit as st

from components import correction, state
from components.address import choose_in_address
from components.classifiers import shared_classifier
from components.rulebooks import read_rulebook
from components.words import plain, readable
from recycler.classifier import Classifier
from recycler.errors import ModelError, RulebookError
from recycler.rulebook import Rulebook, is_own, known_rulebooks
from recycler.settings import settings
from recycler.shelf import Card, list_models
from recycler.subjects import RUN
from recycler.teach import Memory, recall

SEES_LITTLE = 96  # pixels a side below which small things in a photo are lost
MEASURED_ON = {
    "left out": "photos of a source that it had never seen",
    "test": "new photos like those that it learned from",
}
FIGURES = {
    "top1": "names the right kind",
    "recycling_balanced_accuracy": "right about recycling or not (both sides counted alike)",
    "coverage": "photos that it dares to answer",
    "accuracy_when_sure": "right about recycling when it answers",
}


def choose() -> tuple[Classifier, Rulebook, Memory]:
    """Draw both choices; return the classifier, shared by all visitors, a rulebook that fits it, and what was taught.

    Raises ModelError when the shelf has no model that can be used, RulebookError when no rulebook fits.
    """
    with st.sidebar:
        rules = st.container()
        card = _choose_model()
        classifier = shared_classifier(card)
        memory = recall(classifier)
        _about(card)
        correction.learned(memory)
        with rules:
            return classifier, _choose_rulebook(card), memory


def _choose_model() -> Card:
    cards = {card.name: card for card in list_models(settings().models)}
    if not cards:
        raise ModelError(
            "The shelf has no model yet. Train one and publish it, or set RECYCLER_MODELS to a folder of models."
        )
    names = sorted(cards, key=lambda name: (name != settings().model, name))
    return cards[choose_in_address("Model", {name: cards[name].title for name in names}, state.MODEL)]


def _choose_rulebook(card: Card) -> Rulebook:
    """The chosen rulebook, or, when that one knows too little for this model, the first that fits."""
    fitting: dict[str, Rulebook] = {}
    problems: dict[str, str] = {}
    titles: dict[str, str] = {}
    for name, path in known_rulebooks().items():
        try:
            book = read_rulebook(path, card.classes)
            titles[name] = book.title
            book.check(card.classes)
            fitting[name] = book
        except RulebookError as problem:
            problems[name] = str(problem)
            if is_own(path):  # made for the photos of another model
                titles.pop(name, None)
            else:
                titles.setdefault(name, name)
    names = sorted(titles, key=lambda name: (name not in fitting, name != settings().rulebook))
    name = choose_in_address(
        "Rules",
        {name: titles[name] for name in names},
        state.RULEBOOK,
        "What goes where differs from place to place. Choose the rules of yours.",
    )
    if name in problems:
        st.warning(plain(problems[name], 400))
    if not fitting:
        raise RulebookError(
            f"No rulebook fits the model “{card.title}”. Choose another model, or add rules for its kinds."
        )
    book = fitting.get(name) or fitting[next(other for other in names if other in fitting)]
    st.caption(f"For {plain(book.region)}. Source: {plain(book.source, 300)}")
    return book


def _about(card: Card) -> None:
    with st.expander("About this model"):
        st.markdown(plain(card.description, 1000))
        kinds = ", ".join(readable(name) for name in card.classes)
        st.markdown(f"**Knows {len(card.classes)} kinds:** {plain(kinds, 400)}")
        if card.input_size < SEES_LITTLE:
            st.markdown(
                f"**Sees little:** photos are shrunk to {card.input_size} x {card.input_size} pixels, "
                "as in its training."
            )
        for name in [name for name in MEASURED_ON if name in card.metrics] or card.metrics:
            figures = card.metrics[name]
            known = [f"- {FIGURES[key]}: {figures[key]:.0%}" for key in FIGURES if key in figures]
            st.markdown("\n".join([f"**On {MEASURED_ON.get(name, plain(name, 200))}**", "", *known]))
        learned = "; ".join(f"{name} ({text})" for name, text in card.sources.items())
        st.markdown(f"**Learned from** {plain(learned, 1000)}")
        if card.parent:
            st.markdown(f"**Trained again from** {plain(card.parent.removeprefix(RUN), 100)}")
        if card.label_rule:
            st.markdown(f"**What counts as what:** {plain(card.label_rule, 1000)}")
        st.markdown(f"**Since** {card.created:%-d %B %Y}, version {card.version}")
