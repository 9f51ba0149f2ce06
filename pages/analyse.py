"""Analyse: what a model gets wrong, and why."""

import streamlit as st

from components import state
from components.analysis import (
    calibration,
    changes,
    choose,
    confusion,
    entropy,
    failed,
    feature_map,
    history,
    onward,
    overview,
    report,
)
from components.analysis.labels import with_labels_of_now
from recycler.errors import RecyclerError

VIEWS = {
    "Overview": overview.show,
    "Failed photos": failed.show,
    "Entropy": entropy.show,
    "Confusion": confusion.show,
    "Calibration": calibration.show,
    "Changes": changes.show,
    "Feature map": feature_map.show,
    "History": history.show,
}


def page() -> None:
    """Choose, then one view of the predictions table."""
    st.set_page_config(layout="wide")
    st.title("Analyse")
    try:
        chosen = choose.choose()
        if chosen.analysis is None:
            return
        analysis = with_labels_of_now(chosen.analysis)
        beside = with_labels_of_now(chosen.beside) if chosen.beside else None
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            view = st.segmented_control(
                "View", list(VIEWS), default=next(iter(VIEWS)), required=True, key=state.ANALYSE_VIEW
            )
            with st.container(horizontal=True, width="content"):
                onward.draw(analysis, beside)
                report.download(analysis, beside)
        VIEWS[view or next(iter(VIEWS))](analysis, beside)
    except RecyclerError as problem:
        st.error(str(problem))


if __name__ == "__main__":  # Streamlit's old page discovery found this file first: give it the whole app
    from app import main

    main()
