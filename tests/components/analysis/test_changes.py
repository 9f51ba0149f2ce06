from streamlit.testing.v1 import AppTest

from components import state

SHOW = """
from components.analysis import changes
from tests.tables import analysed, drawn
beside = analysed("Older", drawn(300)) if {beside} else None
changes.show(analysed("Newer", drawn(300, skill=3)), beside)
"""


def changes(beside: bool = True) -> AppTest:
    app = AppTest.from_string(SHOW.format(beside=beside), default_timeout=60).run()
    assert not app.exception
    return app


def test_without_another_subject_it_says_what_to_do() -> None:
    assert "compare with" in changes(beside=False).info[0].value


def test_it_counts_what_was_fixed_and_broken_and_opens_the_photos() -> None:
    app = changes()
    assert "is right on" in app.markdown[0].value
    [kinds] = [widget for widget in app.segmented_control if str(widget.key).startswith(f"{state.ANALYSE_CHANGE}-")]
    assert kinds.options[0].startswith("fixed (")
    figures = [html.proto.body for html in app.get("html")]
    assert any('class="pictures"' in body for body in figures)


def test_recycling_or_bin_has_changes_of_its_own() -> None:
    app = changes()
    first = app.markdown[0].value
    app.segmented_control(key=state.ANALYSE_CHANGE_OF).set_value("recycling or bin").run()
    assert not app.exception
    assert "On recycling or bin" in app.markdown[0].value
    assert app.markdown[0].value != first
