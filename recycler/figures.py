"""Figures: pure functions from small tables to Altair charts. Nothing here reads files or knows a page."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from recycler.rulebook import Destination

BAR_PIXELS = 34
AXIS_PIXELS = 50
LABEL_ROOM = 1.45  # where the probability axis ends, so that the label of a bar at 100 % has room
EDGE = "#888888"  # seen on white and on black, as a bar's own colour need not be


def top_bars(rows: Sequence[tuple[str, float, Destination]]) -> alt.LayerChart:
    """Draw the likeliest classes as bars, likeliest first, in the colour of their destination and labelled with it.

    rows: class, probability in [0, 1] and destination, in the order to draw.
    """
    table = pd.DataFrame(
        [(name, p, f"{p:.0%} {destination.title}", destination.colour) for name, p, destination in rows],
        columns=["class", "probability", "label", "colour"],
    )
    probability = (
        alt.X("probability:Q", title="Probability")
        .axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1], titleAnchor="start", grid=False)
        .scale(domain=[0, LABEL_ROOM])
    )
    base = alt.Chart(table).encode(
        x=probability, y=alt.Y("class:N", sort=None, title=None).axis(labelOverlap=False, labelLimit=130)
    )
    bars = base.mark_bar(cornerRadiusEnd=4, height={"band": 0.66}, stroke=EDGE, strokeWidth=1).encode(
        color=alt.Color("colour:N", scale=None), tooltip=["class:N", alt.Tooltip("probability:Q", format=".1%")]
    )
    labels = base.mark_text(align="left", dx=6).encode(text="label:N")
    return alt.layer(bars, labels).properties(height=BAR_PIXELS * len(rows) + AXIS_PIXELS)
