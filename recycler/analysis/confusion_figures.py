"""The confusion matrix as a chart."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from recycler.analysis.class_axes import ANSWERS, MANY, class_axis
from recycler.figures import EDGE

READING = (
    "A row is what photos are, a column what they were said to be; the fuller a cell, the {more}. Orange are mistakes, "
    "blue right answers. Classes that are taken for each other stand together."
)
BY_SHARE, BY_PHOTOS = "larger its share of the row", "more photos"
CHOSEN = "cell"  # the selection: true and said of the cell that was clicked
CELL_PIXELS = 26
SMALL_CELL = 10  # where there are many classes
NUMBERED = 12  # classes up to which the cells carry their numbers
TITLE_PIXELS = 150
GRID: dict[str, Any] = {
    "grid": True,
    "tickBand": "extent",
    "gridOpacity": 0.4,
}  # between the cells, to read far from the names


def confusion_chart(cells: pd.DataFrame, labels: Mapping[str, str], *, shares: bool) -> alt.LayerChart:
    """Draw a matrix: a row for what a photo is, a column for what was said, the fuller the more photos.

    cells: what `matrix_cells` gives. labels: the groups from top to bottom and from left to right, and their names for
    people. shares: shade and label by the share of a row, not by photos. A click chooses a cell.
    """
    value, form = ("share", ".0%") if shares else ("photos", ",")
    order = alt.Scale(domain=list(labels))
    base = alt.Chart(cells).encode(
        x=alt.X("said:N", title="Said", scale=order, axis=class_axis(labels, labelAngle=-90, **GRID)),
        y=alt.Y("true:N", title="True", scale=order, axis=class_axis(labels, **GRID)),
    )
    chosen = alt.selection_point(name=CHOSEN, fields=["true", "said"], toggle=False)
    fullest = max(float(cells[value].max()), 1e-9) if len(cells) else 1.0
    # not so full that words on it could not be read, dark ones in the light theme and light ones in the dark theme
    shade = alt.Scale(type="sqrt", domain=[0, fullest], range=[0.06, 0.85])
    rects = (
        base.mark_rect(cursor="pointer", strokeWidth=2)
        .encode(
            color=alt.condition("datum.right", alt.value(ANSWERS["right"]), alt.value(ANSWERS["wrong"])),
            opacity=alt.Opacity(f"{value}:Q", legend=None, scale=shade),
            stroke=alt.condition(chosen, alt.value(EDGE), alt.value(None), empty=False),
            tooltip=[
                alt.Tooltip("true:N"),
                alt.Tooltip("said:N"),
                alt.Tooltip("photos:Q", format=","),
                alt.Tooltip("share:Q", format=".1%", title="share of the true"),
            ],
        )
        .add_params(chosen)
    )
    numbers = base.mark_text(fontSize=11).encode(text=alt.Text(f"{value}:Q", format=form))
    layers = [rects, numbers] if len(labels) <= NUMBERED else [rects]
    cell = SMALL_CELL if len(labels) > MANY else CELL_PIXELS
    chart: alt.LayerChart = alt.LayerChart(layer=layers).properties(height=TITLE_PIXELS + cell * len(labels))
    return chart
