"""Train: from a recipe to a run, what runs now, and the runs before it."""

import streamlit as st

from components import now, run_table, state
from components.look import apply_style
from components.recipe_form import recipe_form
from recycler import jobs
from recycler.errors import RecyclerError
from recycler.runs import LIVE, list_runs
from recycler.settings import settings


def page() -> None:
    """The form on the left; what runs, and the runs, on the right, or first on a phone while something runs."""
    st.set_page_config(layout="wide")
    apply_style()
    st.title("Train")
    runs = list_runs(settings().runs)
    live = any(run.record.state in LIVE for run in runs)
    with st.container(key=f"train-{'live' if live else 'idle'}"):
        left, right = st.columns([5, 7], gap="large")
    with left:
        wanted = recipe_form()
    if wanted:
        try:
            st.session_state[state.TRAIN_STARTED] = jobs.start(wanted.recipe, wanted.label, wanted.parent)
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
