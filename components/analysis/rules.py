"""By whose rules photos are judged, and which class of the model theirs count as."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from components import state
from components.rulebooks import fitting_rulebooks
from components.words import distinct, plain, readable
from recycler.class_mapping import map_classes, meanings
from recycler.evaluations import Wishes, sorted_mapping
from recycler.rulebook import Rulebook
from recycler.settings import settings
from recycler.subjects import Subject, rulebook_of

NONE = "—"
WISH, IS = ";", "="  # in the address: map=can=metal;bottle=


def choose_rulebook(subject: Subject) -> Rulebook:
    """Draw the choice behind a fold: first the rules that the subject was made with. Raises RulebookError."""
    books = fitting_rulebooks(subject.classes)
    recipe = subject.recipe
    first = recipe.rulebook if recipe and recipe.rulebook in books else settings().rulebook
    names = sorted(books, key=lambda name: name != first)
    titles = distinct({name: books[name].title for name in names})
    with st.popover("Rules", icon=":material/gavel:", type="tertiary"):
        if not books:
            return rulebook_of(subject)
        key = f"{state.ANALYSE_RULES}_{subject.name}"
        name = st.selectbox("Rules", names, format_func=titles.__getitem__, key=key)
        st.caption(f"For {plain(books[name].region, 100)}. Other rules change what is right at once.")
    return books[name]


def choose_mapping(subject: Subject, data: str, classes: Sequence[str]) -> Wishes:
    """Draw what classes of the photos count as that the model does not have; gives what somebody wants otherwise.

    The address holds it. Nothing is drawn where the model has all classes.
    """
    missing = [name for name in classes if name not in subject.classes]
    if not missing:
        st.query_params.pop(state.ANALYSE_WISHES, None)
        return ()
    certain = meanings(classes, subject.classes)
    key = f"{state.ANALYSE_MAP}_{subject.name}_{data}"
    before = st.session_state.setdefault(key, _in_address(missing, subject.classes))
    start = map_classes(classes, subject.classes, dict(before))
    rows = pd.DataFrame(
        {
            "photos": missing,
            "called": [readable(name) for name in missing],
            "model": [start.get(name, NONE) for name in missing],
            "because": [certain[name].because if name in certain else "" for name in missing],
        }
    ).sort_values("model", key=lambda column: column == NONE, kind="stable", ignore_index=True)
    counted = sum(name in start for name in missing)
    with st.expander(
        f"Which class counts as which: {counted} of {len(missing)} that the model does not have", icon=":material/rule:"
    ):
        st.caption(
            "Photos of the other classes count for recycling or bin alone. Map a class only if all of its photos are "
            "of one class of the model."
        )
        edited = st.data_editor(
            rows,
            column_order=["called", "model", "because"],
            column_config={
                "called": st.column_config.TextColumn("Photos of"),
                "model": st.column_config.SelectboxColumn(
                    "Count as",
                    options=[NONE, *subject.classes],
                    format_func=lambda name: readable(str(name)),
                    required=True,
                    width="medium",
                ),
                "because": st.column_config.TextColumn("Because"),
            },
            disabled=["called", "because"],
            hide_index=True,
            height="auto" if len(missing) < 10 else 320,
            key=f"{key}_editor",
        )
    wishes: dict[str, str | None] = {}
    for name, target in zip(edited["photos"], edited["model"], strict=True):
        if target != (certain[name].counts_as if name in certain else NONE):
            wishes[name] = None if target == NONE else target
    _to_address(wishes)
    return sorted_mapping(wishes)


def _in_address(missing: Sequence[str], known: Sequence[str]) -> Wishes:
    """The wishes of a link, as far as they are about these classes."""
    pairs = [pair.partition(IS) for pair in st.query_params.get(state.ANALYSE_WISHES, "").split(WISH)]
    return tuple((name, target or None) for name, _, target in pairs if name in missing and target in ("", *known))


def _to_address(wishes: dict[str, str | None]) -> None:
    text = WISH.join(f"{name}{IS}{target or ''}" for name, target in sorted(wishes.items()))
    if text and st.query_params.get(state.ANALYSE_WISHES) != text:
        st.query_params[state.ANALYSE_WISHES] = text
    elif not text:
        st.query_params.pop(state.ANALYSE_WISHES, None)
