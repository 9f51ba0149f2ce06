"""The trainings that wait for their turn: in another order, or not at all."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from components import state
from components.attempt import attempt
from components.words import plain
from recycler import jobs
from recycler.runs import Run
from recycler.settings import settings


def waiting(runs: Sequence[Run]) -> None:
    """Draw the queue, the next one first. runs: those that wait, in order; in a cluster it is Ray that orders them."""
    if not runs:
        return
    st.markdown(f"**Waiting** ({len(runs)})")
    for number, run in enumerate(runs):
        name = run.record.run
        with st.container(horizontal=True, vertical_alignment="center", key=f"waiting-{name}"):
            st.markdown(f"{number + 1}. {plain(run.label.title, 60)}", width="stretch")
            if (
                number
                and settings().executor == "local"
                and st.button(
                    "Sooner", key=f"{state.TRAIN_QUEUE}-up-{name}", icon=":material/arrow_upward:", type="tertiary"
                )
            ):
                attempt(partial(jobs.move, name, runs[number - 1].record.run))
            if st.button("Cancel", key=f"{state.TRAIN_QUEUE}-cancel-{name}", icon=":material/close:", type="tertiary"):
                attempt(partial(jobs.stop, name))
