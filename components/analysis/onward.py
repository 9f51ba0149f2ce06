"""The way on from an analysis: train again with what it showed, and what that training made better or worse."""

import streamlit as st

from components import state
from components.analysis import measured
from components.train_again import train_again
from components.words import plain
from recycler.analysis import Analysis
from recycler.errors import RecyclerError
from recycler.subjects import find_subject

WORST = 5  # classes that are offered to count more


def draw(analysis: Analysis, beside: Analysis | None) -> None:
    """Draw *Train again*, and for a run that came of it the way to what changed since."""
    _since(analysis, beside)
    table = measured.classes(analysis)
    missed = table[table["recall"] < 1].sort_values("recall")
    train_again(analysis.subject.name, missed["class"].head(WORST).tolist(), "Train again")


def _since(analysis: Analysis, beside: Analysis | None) -> None:
    parent = analysis.subject.parent
    if not parent or parent == analysis.subject.name or (beside and beside.subject.name == parent):
        return
    try:
        title = find_subject(parent).title
    except RecyclerError:
        return
    st.button(
        f"Since {plain(title, 30)}?",
        key=state.ANALYSE_SINCE,
        icon=":material/compare_arrows:",
        type="tertiary",
        on_click=_compare,
        args=(parent,),
        help="What got better and what worse, photo by photo",
    )


def _compare(parent: str) -> None:
    st.session_state[f"_analyse_{state.ANALYSE_BESIDE}"] = parent
    st.session_state[state.ANALYSE_VIEW] = "Changes"
