"""Analyse: what a model gets wrong, and why."""

import streamlit as st

from components import state
from components.analysis import choose, photos
from recycler.analysis import Analysis
from recycler.errors import RecyclerError


def failed(analysis: Analysis, beside: Analysis | None) -> None:
    """The photos that were called something else."""
    photos.show_photos(analysis, (~analysis.table.right).nonzero()[0], "failed")


VIEWS = {"Failed photos": failed}


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
        VIEWS[view or next(iter(VIEWS))](chosen.analysis, chosen.beside)
    except RecyclerError as problem:
        st.error(str(problem))


if __name__ == "__main__":  # Streamlit's old page discovery found this file first: give it the whole app
    from app import main

    main()
