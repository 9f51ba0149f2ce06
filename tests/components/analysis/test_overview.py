import pytest
from streamlit.testing.v1 import AppTest

from components import state
from tests.tables import drawn

SHOW = """
from components.analysis import overview
from tests.tables import analysed, drawn
beside = analysed("Older", drawn(300)) if {beside} else None
overview.show(analysed("Newer", drawn(300, skill=3, foreign={foreign})), beside)
"""


def overview(beside: bool = False, foreign: int = 0) -> AppTest:
    app = AppTest.from_string(SHOW.format(beside=beside, foreign=foreign), default_timeout=60).run()
    assert not app.exception
    return app


def test_the_figures_stand_there_with_their_intervals() -> None:
    app = overview()
    top1 = drawn(300, skill=3).right.mean()
    [tiles] = app.get("html")
    assert f"{100 * top1:.1f}\u00a0%" in tiles.proto.body
    assert tiles.proto.body.count(" to ") >= 5
    assert list(app.dataframe[0].value.columns) == ["Figure", "Value", "95 % between", "Better", "What it says"]


def test_the_classes_are_a_table_and_groups_can_be_chosen() -> None:
    app = overview()
    assert app.dataframe[1].value["photos"].sum() == 300
    assert app.segmented_control(key=state.ANALYSE_GROUPING).options == ["source", "class size"]


@pytest.mark.parametrize("foreign", [0, 30])
def test_beside_another_it_says_whether_the_difference_is_real(foreign: int) -> None:
    app = overview(beside=True, foreign=foreign)
    said = " ".join(text.value for text in app.markdown)
    assert "The difference is real" in said
    assert "**Newer** is better" in said
    columns = list(app.dataframe[0].value.columns)
    assert "Older" in columns
    assert "Difference" in columns


def test_names_of_subjects_are_shown_as_text() -> None:
    app = AppTest.from_string(SHOW.replace("Older", "<b>:red[x]").format(beside=True, foreign=0), default_timeout=60)
    app.run()
    assert not app.exception
    assert "<b>" not in app.get("html")[0].proto.body
    assert all(":red[" not in text.value for text in app.markdown)
