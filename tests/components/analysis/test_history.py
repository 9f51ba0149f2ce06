"""The History view of a model whose run is gone."""

from streamlit.testing.v1 import AppTest

SHOW = """
from components.analysis import history
from tests.tables import analysed, drawn
history.show(analysed("Small", drawn(20)), None)
"""


def test_a_model_whose_run_is_gone_says_so() -> None:
    app = AppTest.from_string(SHOW, default_timeout=60).run()
    assert not app.exception
    [info] = app.info
    assert "“Small” came from is no longer" in info.value
