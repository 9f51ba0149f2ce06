"""The line on Analyse that says what a model answered lately."""

import numpy as np
from streamlit.testing.v1 import AppTest

from recycler.answers import count
from recycler.settings import PROJECT
from recycler.shelf import LITERT_FILE, load_model
from recycler.verdict import Prediction

CARD = load_model(PROJECT / "models", "household").card


def panel() -> None:
    import streamlit as st

    from components import state
    from components.analysis import lately
    from recycler.subjects import find_subject

    st.session_state[state.ANALYSE_LATELY] = True
    lately.show(find_subject("household"))


def answered(photos: int, sure: float) -> None:
    for i in range(photos):
        probabilities = np.full(10, (1 - sure) / 9, np.float32)
        probabilities[i % 10] = sure
        prediction = Prediction(CARD.classes, probabilities, 0.5, np.zeros(2, np.float32))
        count(CARD.checksums[LITERT_FILE], prediction, "unsure" if sure < 0.5 else "recycle")


def test_where_nobody_has_shown_anything_nothing_is_said() -> None:
    app = AppTest.from_function(panel, default_timeout=60).run()
    assert not app.exception
    assert not app.expander


def test_a_model_that_has_become_unsure_is_said_to_have_drifted() -> None:
    answered(200, 0.4)
    app = AppTest.from_function(panel, default_timeout=60).run()
    assert not app.exception
    assert app.expander[0].label == "In the last four weeks: 200 photos, and it has drifted"
    assert app.expander[0].markdown[0].value.startswith("It has drifted")
    assert "100.0" in app.expander[0].markdown[1].value


def test_a_few_answers_are_counted_and_nothing_is_made_of_them() -> None:
    answered(3, 0.4)
    app = AppTest.from_function(panel, default_timeout=60).run()
    assert app.expander[0].label == "In the last four weeks: 3 photos"
    assert "too few" in app.expander[0].markdown[0].value
