"""Entropy as box plots: a row a class, from the least sure to the surest."""

import json
from collections.abc import Mapping, Sequence
from math import log2
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from recycler.analysis.class_axes import ALL_NAMES, LONGEST
from recycler.analysis.entropy import Boxes
from recycler.figures import EDGE

READING = (
    "Half of the photos lie within a box, the line in it is the middle one, and dots are far from the rest. Further "
    "right means less sure; the dashed line is a model that knows nothing."
)
CHOSEN = "box"  # the selection: group and series of the box that was clicked
BOX_PIXELS = 18
AXIS_PIXELS, LEGEND_PIXELS, LEGEND_ROW_PIXELS = 80, 60, 18
WIDEST_LEGEND = 40  # letters of all names: more do not stand side by side on a phone
FIGURES = ("low", "q1", "median", "q3", "high", "mean")
HEIGHTS = {"row": 1.0, "box": 0.65, "whisker": 0.08}  # of the room that a box has
NARROWEST = 0.006  # of the axis, so that a box of photos that are all alike is seen, too


def entropy_chart(
    found: Boxes, labels: Mapping[str, str], classes: int, colours: Mapping[str, str], *, legend: bool = True
) -> alt.LayerChart:
    """Draw box plots of entropy in bits, and where the most that is possible lies.

    found: what `entropy_boxes` gives. labels: the groups to draw, in this order, and their names for people.
    classes: C, for log2 C. colours: series to colour; where a group has several series, it has a box for each.
    legend: whether to say what the colours are. A click anywhere in the row of a box chooses it.
    """
    boxes, outliers = (table[table["group"].isin(labels.keys())] for table in found)
    colours = {one: colour for one, colour in colours.items() if (boxes["series"] == one).any()}
    series = list(colours) if boxes.duplicated("group").any() else []
    boxes, outliers = (_placed(table, list(labels), series) for table in (boxes, outliers))
    end = log2(classes) * 1.02
    half = np.maximum(boxes["q3"] - boxes["q1"], NARROWEST * end) / 2
    boxes = boxes.assign(left=(boxes["q1"] + boxes["q3"]) / 2 - half, right=(boxes["q1"] + boxes["q3"]) / 2 + half)
    columns = 1 if sum(map(len, colours)) > WIDEST_LEGEND else len(colours)
    colour = alt.Color(
        "series:N",
        scale=alt.Scale(domain=list(colours), range=list(colours.values())),
        legend=alt.Legend(orient="top", symbolStrokeWidth=1, labelLimit=300, title=None, columns=columns)
        if legend
        else None,
    )
    base, dots = (alt.Chart(table).encode(color=colour) for table in (boxes, outliers))
    most = alt.Chart(pd.DataFrame({"most": [log2(classes)]})).encode(x="most:Q")
    layers = [
        base.mark_rect().encode(x=_bits("low", end), x2="high:Q", y=_rows("whisker", labels), y2="whisker_end:Q"),
        base.mark_rect(stroke=EDGE, strokeWidth=0.5).encode(x="left:Q", x2="right:Q", y="box:Q", y2="box_end:Q"),
        *(
            base.mark_rule(strokeWidth=width).encode(x="median:Q", y="box:Q", y2="box_end:Q", color=alt.value(ink))
            for width, ink in ((4, "white"), (1.5, "black"))
        ),
        dots.mark_point(size=8, filled=True, opacity=1).encode(x="entropy_bits:Q", y="middle:Q"),
        most.mark_rule(color=EDGE, strokeDash=[4, 3]),
        _clickable(base, end, legend),
    ]
    names = LEGEND_PIXELS + LEGEND_ROW_PIXELS * (len(colours) // columns - 1) if legend else 0
    height = AXIS_PIXELS + names + BOX_PIXELS * len(labels) * max(len(series), 1)
    chart: alt.LayerChart = alt.LayerChart(layer=layers).properties(height=height)
    return chart


def _placed(table: pd.DataFrame, groups: Sequence[str], series: Sequence[str]) -> pd.DataFrame:
    """With where each box lies: a group's room is 1 high and begins at its number; its series share it."""
    room = 0.86 / max(len(series), 1)
    group = table["group"].map({name: i for i, name in enumerate(groups)}).astype(float)
    one = table["series"].map({name: i for i, name in enumerate(series)}).astype(float) if series else 0.0
    middle = group + 0.07 + room * (one + 0.5)
    ends = {f"{part}_end": middle + room * height / 2 for part, height in HEIGHTS.items()}
    return table.assign(middle=middle, **{part: middle - room * height / 2 for part, height in HEIGHTS.items()}, **ends)


def _bits(field: str, end: float) -> alt.X:
    axis = alt.Axis(orient="top", tickCount=8)
    return alt.X(f"{field}:Q", title="Entropy (bits)", axis=axis, scale=alt.Scale(domain=[0, end], nice=False))


def _rows(field: str, labels: Mapping[str, str]) -> alt.Y:
    """An axis with the groups' names at the middle of their rooms, from top to bottom."""
    names = f"({json.dumps(list(labels.values()))})[floor(datum.value)]"
    middles = [i + 0.5 for i in range(len(labels))]
    axis = alt.Axis(  # the count, because Streamlit's theme has one that leaves out every second name
        **ALL_NAMES, values=middles, tickCount=len(middles), labelExpr=names, labelLimit=LONGEST, grid=False
    )
    return alt.Y(f"{field}:Q", title=None, axis=axis, scale=alt.Scale(domain=[len(labels), 0], nice=False))


def _clickable(base: alt.Chart, end: float, legend: bool) -> alt.Chart:
    """The whole row of a box: all but unseen until it is chosen, with its figures, and large enough for a thumb."""
    chosen = alt.selection_point(name=CHOSEN, fields=["group", "series"], toggle=False)
    seen: Any = alt.condition(chosen, alt.value(0.18), alt.value(0.002), empty=False)
    tooltip = [alt.Tooltip("group:N"), *([alt.Tooltip("series:N")] if legend else []), alt.Tooltip("photos:Q")]
    tooltip += [alt.Tooltip(f"{name}:Q", format=".2f") for name in FIGURES]
    rows = base.mark_rect(cursor="pointer").encode(
        x=alt.datum(0), x2=alt.datum(end), y="row:Q", y2="row_end:Q", color=alt.value(EDGE), opacity=seen
    )
    chart: alt.Chart = rows.encode(tooltip=tooltip).add_params(chosen)
    return chart
