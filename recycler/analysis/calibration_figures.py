"""Charts of how far a model's "how sure" can be trusted."""

import altair as alt
import pandas as pd

from recycler.figures import EDGE, RUNS

HEIGHT = 300
PERCENT = alt.Axis(format=".0%", tickCount=5)
MARKS = {"on the card now": (EDGE, "diamond"), "with what you accept": (RUNS[1], "circle")}


def reliability_chart(bins: pd.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """Draw how often it was right against how sure it was, with 95 % intervals and the diagonal of a perfect match.

    bins: from `calibration.reliability`. A point selection `bin` names the bin that was clicked.
    """
    pick = alt.selection_point(name="bin", fields=["bin"], on="click")
    tooltip = [
        alt.Tooltip("claimed:Q", title="said, on average", format=".1%"),
        alt.Tooltip("right:Q", title="right", format=".1%"),
        alt.Tooltip("photos:Q", title="photos", format=","),
    ]
    x = alt.X("start:Q", title="How sure it was", axis=PERCENT, scale=alt.Scale(domain=[0, 1]))
    y = alt.Y("right:Q", title="How often it was right", axis=PERCENT, scale=alt.Scale(domain=[0, 1]))
    base = alt.Chart(bins)
    bars = (
        base.transform_calculate(nothing="0")
        .mark_rect(color=RUNS[0], stroke=EDGE, strokeWidth=0.5)
        .encode(x=x, x2="end:Q", y=y, y2="nothing:Q", opacity=alt.condition(pick, alt.value(0.45), alt.value(0.15)))
    )
    columns = (  # of full height, so that a bin in which nothing is right can be clicked, too
        base.mark_rect(fillOpacity=0.001, cursor="pointer").encode(x=x, x2="end:Q", tooltip=tooltip).add_params(pick)
    )
    spread = base.mark_rule(color=RUNS[0], strokeWidth=2).encode(x="claimed:Q", y="low:Q", y2="high:Q")
    dots = base.mark_point(color=RUNS[0], filled=True, size=60, opacity=1).encode(x="claimed:Q", y="right:Q")
    ideal = (
        alt.Chart(pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0]}))
        .mark_line(color=EDGE, strokeDash=[5, 3])
        .encode(x="x:Q", y="y:Q")
    )
    return alt.layer(bars, ideal, spread, dots, columns).properties(height=HEIGHT)


def risk_chart(risk: pd.DataFrame, marks: pd.DataFrame) -> alt.LayerChart:
    """Draw the share of errors among answered photos against the share answered.

    risk: coverage, error and threshold, a row a point. marks: the same and `mark`, one of MARKS; at least one.
    """
    tooltip = [
        alt.Tooltip("coverage:Q", title="answered", format=".1%"),
        alt.Tooltip("error:Q", title="wrong among these", format=".1%"),
        alt.Tooltip("threshold:Q", title="unsure below", format=".3f"),
    ]
    x = alt.X("coverage:Q", title="Photos answered", axis=PERCENT, scale=alt.Scale(domain=[0, 1]))
    y = alt.Y("error:Q", title="Wrong among these", axis=alt.Axis(format=".1~%", tickCount=5))
    there = {mark: look for mark, look in MARKS.items() if mark in set(marks["mark"])}
    colours, shapes = (list(looks) for looks in zip(*there.values(), strict=True))
    line = alt.Chart(risk).mark_line(color=RUNS[0], interpolate="step-before").encode(x=x, y=y)
    wide = alt.Chart(risk).mark_point(opacity=0, size=120).encode(x="coverage:Q", y="error:Q", tooltip=tooltip)
    points = (
        alt.Chart(marks)
        .mark_point(filled=True, size=130, opacity=1)
        .encode(
            x="coverage:Q",
            y="error:Q",
            color=alt.Color("mark:N", title=None, scale=alt.Scale(domain=list(there), range=colours)),
            shape=alt.Shape("mark:N", title=None, scale=alt.Scale(domain=list(there), range=shapes)),
            tooltip=tooltip,
        )
    )
    layers = alt.layer(line, wide, points).properties(height=HEIGHT)
    chart: alt.LayerChart = layers.configure_legend(orient="top", labelLimit=300)
    return chart
