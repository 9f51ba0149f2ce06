"""Doing what somebody else may have made impossible meanwhile."""

from collections.abc import Callable

import streamlit as st

from recycler.errors import RecyclerError


def attempt(action: Callable[[], object]) -> None:
    """Do it and draw the page anew, or say why it could not be done."""
    try:
        action()
    except RecyclerError as problem:
        st.toast(str(problem), icon=":material/error:", duration="long")  # a fragment's next look would wipe an error
    else:
        st.rerun()
