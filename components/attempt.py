"""Doing what somebody else may have made impossible meanwhile."""

from collections.abc import Callable

import streamlit as st

from recycler.errors import RecyclerError


def attempt(action: Callable[[], object]) -> None:
    """Do it and draw the page anew, or say why it could not be done."""
    if _done(action):
        st.rerun()


def attempt_on_click(action: Callable[[], object]) -> None:
    """The same as a button's on_click, which runs before anything is drawn: no look at what runs can overtake it."""
    _done(action)


def _done(action: Callable[[], object]) -> bool:
    try:
        action()
    except RecyclerError as problem:
        st.toast(str(problem), icon=":material/error:", duration="long")  # a fragment's next look would wipe an error
        return False
    return True
