"""An answer that is not there yet: the button that asks for it, and how far it is."""

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from components import state
from components.attempt import attempt_on_click
from components.words import about, plain
from recycler.evaluations import Evaluation, Question, find_evaluation, start_evaluation, stop_evaluation
from recycler.subjects import Subject

TICK_SECONDS = 1.0
LEAST_SHARE = 0.02  # before the time left can be told


def ask(subject: Subject, question: Question, key: str, standing: Evaluation | None) -> None:
    """Draw the button that starts an evaluation; while it is made, how far it is, until it is there."""
    if standing and standing.state == "running":
        st.fragment(_progress, run_every=TICK_SECONDS)(subject.title, key)
        return
    if standing and standing.state == "stopped":
        st.markdown(f"**{plain(subject.title)}** was stopped before it had seen all of these photos.")
    elif standing:
        st.error(f"It was not evaluated. {plain(standing.problem, 700)}", icon=":material/error:")
    else:
        st.markdown(f"**{plain(subject.title)}** has not been asked about these photos yet.")
    st.button(
        "Try again" if standing and standing.state == "failed" else "Evaluate",
        type="primary",
        key=f"{state.ANALYSE_START}_{key}",
        icon=":material/play_arrow:",
        on_click=attempt_on_click,
        args=(partial(start_evaluation, key, question),),
        help="It goes on when you close this page, and is kept.",
    )


def _progress(title: str, key: str) -> None:
    found = find_evaluation(key)
    if found is None or found.state != "running":
        st.rerun()
    share = found.done / found.total if found.total else 0.0
    text = f"{plain(title)}: {plain(found.doing, 100)}"
    if found.total > 1:
        text += f", {found.done:,} of {found.total:,}"
    left = found.seconds_left(datetime.now(UTC))
    if left is not None and share > LEAST_SHARE:
        text += f", {about(left)} left"
    st.progress(share, f"{text}…")
    st.button(
        "Stop",
        key=f"{state.ANALYSE_STOP}_{key}",
        icon=":material/stop:",
        type="tertiary",
        on_click=stop_evaluation,
        args=(key,),
        help="Nothing of it is kept.",
    )
