"""Entropy as box plots: a row a class, from the least sure to the surest."""

from collections.abc import Mapping
from math import log2
from typing import Any

import altair as alt
import pandas as pd

from recycler.class_axes import class_axis
from recycler.entropy import Boxes
from recycler.figures import EDGE

CHOSEN = "box"  # the selection: group and series of the boxes that were clicked
BOX_PIXELS = 18
TITLE_PIXELS = 60
FIGURES = ("low", "q1", "median", "q3", "high", "mean")


def entropy_chart(
    found: Boxes, labels: Mapping[str, str], classes: int, colours: Mapping[str, str], legend: str | None = None
) -> alt.LayerChart:
    """Draw box plots of entropy in bits, and where the most that is possible lies.

    found: what `entropy_boxes` gives. labels: the groups to draw, in this order, and their names for people.
    classes: C, for log2 C. colours: series to colour; where a group has several series, it has a box for each.
    legend: its title; None draws none. A click anywhere in the row of a box chooses it.
    """
    boxes, outliers = (table[table["group"].isin(labels.keys())] for table in found)
    end = log2(classes) * 1.02
    side_by_side = bool(boxes.duplicated("group").any())
    place: dict[str, Any] = {"y": alt.Y("group:N", sort=list(labels), title=None, axis=class_axis(labels))}
    if side_by_side:
        place["yOffset"] = alt.YOffset("series:N", sort=list(colours))
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    shown_legend = alt.Legend(orient="top") if legend else None
    colour = alt.Color("series:N", title=legend, scale=scale, legend=shown_legend)
    axis = alt.Axis(orient="top")
    base, dots = (alt.Chart(table).encode(color=colour, **place) for table in (boxes, outliers))
    chosen = alt.selection_point(name=CHOSEN, fields=["group", "series"], toggle=False)
    tooltip = [alt.Tooltip("group:N"), *([alt.Tooltip("series:N")] if legend else []), alt.Tooltip("photos:Q")]
    tooltip += [alt.Tooltip(f"{name}:Q", format=".2f") for name in FIGURES]
    low = alt.X("low:Q", title="Entropy (bits)", axis=axis, scale=alt.Scale(domain=[0, end]))
    layers = [
        base.mark_rule().encode(x=low, x2="high:Q"),
        base.mark_bar(height={"band": 0.6}, stroke=EDGE, strokeWidth=0.5).encode(x="q1:Q", x2="q3:Q"),
        base.mark_tick(thickness=2, height={"band": 0.6}).encode(x="median:Q", color=alt.value("white")),
        dots.mark_point(size=10, filled=True).encode(x="entropy_bits:Q"),
        alt.Chart(pd.DataFrame({"most": [log2(classes)]})).mark_rule(color=EDGE, strokeDash=[4, 3]).encode(x="most:Q"),
        base.mark_bar(height={"band": 1}, cursor="pointer")
        .encode(x=alt.datum(0), x2=alt.datum(end), color=alt.value(EDGE), opacity=_seen(chosen), tooltip=tooltip)
        .add_params(chosen),
    ]
    height = TITLE_PIXELS + BOX_PIXELS * len(labels) * (boxes["series"].nunique() if side_by_side else 1)
    chart: alt.LayerChart = alt.LayerChart(layer=layers).properties(height=height)
    return chart


def _seen(chosen: alt.Parameter) -> Any:
    """A row is all but unseen until it is chosen, and can be clicked all the same."""
    return alt.condition(chosen, alt.value(0.18), alt.value(0.002), empty=False)
