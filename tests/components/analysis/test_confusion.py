"""The Confusion view on a table that needs no photos."""

from streamlit.testing.v1 import AppTest

from components import state
from recycler.analysis.class_groups import each_class
from recycler.analysis.confusion import cell_counts
from tests.tables import analysed, drawn

SHOW = """
from components.analysis import confusion
from tests.tables import analysed, drawn
confusion.show(analysed("Small {photos} {skill}", drawn({photos}, skill={skill})), None)
"""


def view(photos: int = 400, skill: float = 2.0) -> AppTest:
    app = AppTest.from_string(SHOW.format(photos=photos, skill=skill), default_timeout=60).run()
    assert not app.exception
    return app


def test_the_most_confused_pairs_stand_below_the_matrix() -> None:
    app = view()
    assert len(app.get("vega_lite_chart")) == 1
    pairs = app.dataframe[0].value
    table = analysed("Small", drawn(400)).table
    counts = cell_counts(table, each_class(table))
    first = pairs.iloc[0]
    assert first["photos"] == max(counts[i, j] for i in range(12) for j in range(12) if i != j)


def test_only_answers_that_are_sure_enough_are_counted() -> None:
    app = view()
    before = app.dataframe[0].value["photos"].sum()
    app.slider(key=state.ANALYSE_LEAST).set_value(30).run()
    assert not app.exception
    assert 0 < app.dataframe[0].value["photos"].sum() < before


def test_a_model_without_mistakes_has_no_pairs() -> None:
    app = view(skill=60.0)
    assert not app.dataframe
    assert "No mistakes among these." in [text.value for text in app.markdown]
