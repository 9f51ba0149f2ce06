"""The Entropy view on tables that need no photos."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from components import state
from components.analysis import entropy
from recycler.analysis import Analysis
from tests.tables import analysed, drawn

COARSE = {"glass": "packaging", "metal": "packaging", "paper": "packaging", "shoes": "worn", "clothes": "worn"}
SHOW = """
from dataclasses import replace
from components.analysis import entropy
from tests.components.analysis.test_entropy import COARSE
from tests.tables import analysed, drawn
found = replace(analysed("Small", drawn(400, foreign=20)), coarse=COARSE)
entropy.show(found, analysed("Other", drawn(400, skill=3.0)) if {beside} else None)
"""


def view(beside: bool = False) -> AppTest:
    app = AppTest.from_string(SHOW.format(beside=beside), default_timeout=60).run()
    assert not app.exception
    return app


def some() -> Analysis:
    return replace(analysed("Small", drawn(400, foreign=20)), coarse=COARSE)


@pytest.mark.parametrize("kind", ["Classes", "Superclasses", "All photos"])
@pytest.mark.parametrize("colouring", [entropy.BY_ANSWER, entropy.BY_DESTINATION, entropy.ONE])
@pytest.mark.parametrize("right", list(entropy.RIGHT))
def test_each_box_leads_to_exactly_the_photos_that_it_counts(kind: str, colouring: str, right: str) -> None:
    analysis = some()
    boxes = entropy._boxes((analysis.key,), kind, colouring, right, ("Small",), [analysis]).boxes
    seen = []
    for box in boxes.to_dict("records"):
        rows = entropy._rows(analysis, kind, colouring, right, {name: str(box[name]) for name in ("group", "series")})
        assert len(rows) == box["photos"]
        bits = analysis.table.entropy_bits[rows]
        assert (bits[:-1] >= bits[1:]).all()
        seen += rows.tolist()
    assert sorted(seen) == entropy._answers(analysis, right).nonzero()[0].tolist()


def test_two_models_stand_beside_each_other_class_by_class() -> None:
    ours, theirs = some(), analysed("Other", drawn(400, skill=3.0))
    keys, names = (ours.key, theirs.key), ("Small", "Other")
    boxes = entropy._boxes(keys, "Classes", entropy.BY_MODEL, "", names, [ours, theirs]).boxes
    for name, one in zip(names, (ours, theirs), strict=True):
        assert boxes.loc[boxes["series"] == name, "photos"].sum() == len(one.table)
    glass = boxes[boxes["group"] == "glass"].set_index("series")
    assert glass["median"].loc["Small"] > glass["median"].loc["Other"]


def test_the_view_is_one_figure_that_says_how_to_read_it_and_what_is_most() -> None:
    app = view()
    assert len(app.get("vega_lite_chart")) == 1
    assert "3.58 bits" in app.caption[0].value  # log2 of 12 classes


def test_models_can_be_told_apart_by_colour_only_where_there_are_two() -> None:
    assert entropy.BY_MODEL not in view().selectbox(key=state.ANALYSE_COLOUR).options
    app = view(beside=True)
    assert entropy.BY_MODEL in app.selectbox(key=state.ANALYSE_COLOUR).options
    app.selectbox(key=state.ANALYSE_COLOUR).set_value(entropy.BY_MODEL).run()
    assert not app.exception
    assert len(app.get("vega_lite_chart")) == 1
