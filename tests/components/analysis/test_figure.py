from streamlit.testing.v1 import AppTest

PAGE = """
import altair as alt
import pandas as pd
from components.analysis.figure import figure

table = pd.DataFrame({"name": ["=a", "b"], "value": [1, 2]})
chart = alt.Chart(table).mark_bar().encode(x="value:Q", y="name:N")
chosen = alt.selection_point(name="bar", fields=["name"])
figure(chart.add_params(chosen), table, "Longer is more.", "lengths", key="test", on_select="bar")
"""


def app() -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60).run()
    assert not app.exception
    return app


def test_a_figure_says_how_to_read_it_to_eyes_and_screen_readers() -> None:
    [caption] = app().caption
    assert caption.value == "Longer is more."
    [chart] = app().get("vega_lite_chart")
    assert chart.proto.alt == "Longer is more."


def test_a_figure_downloads_as_picture_drawing_and_rows_each_made_when_it_is_asked_for() -> None:
    files = {button.proto.label: button.proto for button in app().get("download_button")}
    assert list(files) == ["PNG", "SVG", "CSV"]
    assert all(file.deferred_file_id and not file.url for file in files.values())
