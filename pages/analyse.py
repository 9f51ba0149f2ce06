"""Analyse: what a model gets wrong, and why."""

import streamlit as st

from components import state
from components.analysis import choose, failed, feature_map
from components.analysis.labels import with_labels_of_now
from recycler.errors import RecyclerError

VIEWS = {"Failed photos": failed.show, "Feature map": feature_map.show}


def page() -> None:
    """Choose, then one view of the predictions table."""
    st.set_page_config(layout="wide")
    st.title("Analyse")
    try:
        chosen = choose.choose()
        if chosen.analysis is None:
            return
        view = st.segmented_control(
            "View", list(VIEWS), default=next(iter(VIEWS)), required=True, key=state.ANALYSE_VIEW
        )
        VIEWS[view or next(iter(VIEWS))](
            with_labels_of_now(chosen.analysis), with_labels_of_now(chosen.beside) if chosen.beside else None
        )
    except RecyclerError as problem:
        st.error(str(problem))


if __name__ == "__main__":  # Streamlit's old page discovery found this file first: give it the whole app
    from app import main

    main()
