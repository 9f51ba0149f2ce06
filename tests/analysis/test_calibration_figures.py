import pandas as pd

from recycler.analysis.calibration import reliability, risk_coverage, thinned
from recycler.analysis.calibration_figures import reliability_chart, risk_chart
from tests.tables import drawn


def test_the_reliability_diagram_has_a_bar_a_bin_that_can_be_clicked() -> None:
    table = drawn()
    bins = reliability(table.confidence, table.right)
    spec = reliability_chart(bins).to_dict()
    assert [param["name"] for param in spec["params"] if "select" in param] == ["bin"]
    assert spec["params"][0]["select"]["fields"] == ["bin"]
    assert len(bins) in {len(rows) for rows in spec["datasets"].values()}


def test_the_risk_has_axes_in_percent_and_the_marks_in_their_own_shapes() -> None:
    table = drawn()
    risk = thinned(risk_coverage(table.confidence, table.right))
    marks = pd.DataFrame([{**risk.iloc[5], "mark": "with what you accept"}])
    spec = risk_chart(risk, marks).to_dict()
    line, _, points = spec["layer"]
    assert line["encoding"]["x"]["title"] == "Photos answered"
    assert points["encoding"]["shape"]["scale"]["domain"] == ["with what you accept"]
