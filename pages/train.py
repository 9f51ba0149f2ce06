"""Train: from a recipe to a run, what runs now, and the runs before it."""

import streamlit as st

from components import now, run_table, state
from components.recipe_form import recipe_form
from components.words import plain
from recycler import jobs
from recycler.errors import RecyclerError
from recycler.runs import list_runs
from recycler.settings import settings


def page() -> None:
    """The form on the left; what runs, and the runs, on the right; on a phone first, where they are what is wanted."""
    st.set_page_config(layout="wide")
    st.title("Train")
    runs = list_runs(settings().runs)
    if started := st.session_state.pop(state.TRAIN_STARTED, None):
        st.toast(f"“{plain(started, 100)}” has been started.", icon=":material/play_arrow:")
    with st.container(key="train-columns"):
        left, right = st.columns([5, 7], gap="large")
    with left:
        wanted = recipe_form()
    if wanted:
        try:
            jobs.start(wanted.recipe, wanted.label, wanted.parent)
            st.session_state[state.TRAIN_STARTED] = wanted.label.title
        except RecyclerError as problem:
            st.error(str(problem))
        else:
            st.rerun()
    with right:
        now.what_runs(runs)
        run_table.earlier_runs(runs)


if __name__ == "__main__":  # Streamlit's old page discovery found this file first: give it the whole app
    from app import main

    main()
