"""*Train again*: from what a model gets wrong to the Train page, with its recipe and the collected photos."""

from collections.abc import Sequence

import streamlit as st

from components import state
from components.words import count_of, plain, readable
from recycler.access import may
from recycler.again import FACTOR, collected_for, draft_again
from recycler.errors import RecyclerError
from recycler.subjects import Subject, find_subject


def train_again(parent: str, worst_classes: Sequence[str] = (), label: str = "Train again with my photos") -> None:
    """Draw a button that opens the Train page with a recipe that goes on from a model or run.

    parent: a shelf model (`household`) or `run:NAME`; nothing is drawn where there is none that can be trained again.
    worst_classes: what it gets wrong most, the worst first; offered to count more.
    Nothing is drawn for those who may not train either.
    """
    if not may("train"):
        return
    try:
        found = find_subject(parent)
    except RecyclerError:
        return
    if found.recipe is None:
        return
    with st.popover(label, icon=":material/replay:", key=f"{state.AGAIN}-{parent}"):
        st.markdown(_in_words(found))
        known = [name for name in worst_classes if name in found.classes]
        emphasise = _emphasis(parent, known) if known else []
        if st.button(
            "Look at it on the Train page", key=f"{state.AGAIN_OPEN}-{parent}", icon=":material/arrow_forward:"
        ):
            draft = draft_again(found, emphasise)
            page = st.Page(_train, title="Train", url_path="train")
            st.switch_page(page, query_params={state.TRAIN_ID: draft})


def _in_words(parent: Subject) -> str:
    """Which photos it will learn from."""
    usable, strange = collected_for(parent)
    text = f"The recipe of **{plain(parent.title, 100)}**, "
    if usable:
        text += f"with {count_of(usable, 'photo')} of yours beside the ones that it learned from."
    else:
        text += "as it was: none of your photos show what it knows."
    if strange:
        names = ", ".join(f"{readable(name)} ({count})" for name, count in strange.items())
        text += f" Not used, because it has no such class: {plain(names, 300)}."
    return f"{text} Nothing starts before you say so."


def _emphasis(parent: str, classes: list[str]) -> list[str]:
    return st.pills(
        f"Let these count {FACTOR:g} times as much",
        classes,
        selection_mode="multi",
        format_func=lambda name: readable(name).capitalize(),
        key=f"{state.AGAIN_EMPHASIS}-{parent}",
    )


def _train() -> None:
    """The Train page is known by its address; this is never drawn."""
