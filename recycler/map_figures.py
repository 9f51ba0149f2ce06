"""The feature map as a chart."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from recycler.figures import EDGE, RUNS

MAP_PIXELS = 560
SHAPES = ("circle", "triangle-up", "square")
MOST_GROUPS = len(RUNS) * len(SHAPES)


def feature_map_chart(points: pd.DataFrame, groups: Sequence[str]) -> alt.Chart:
    """Draw photos as points that can be pressed; a press on a name in the legend leaves its group alone bright.

    points: one row a photo: x, y, group (one of `groups`), photo, true, said; its position in the frame is `row`.
    groups: at most MOST_GROUPS. The first have a colour each; from then on the shape tells two of a colour apart.
    """
    pressed = alt.selection_point(name="photo", fields=["row"], on="click", empty=False)
    legend = alt.selection_point(name="group", fields=["group"], bind="legend")
    names = list(groups)
    colours = [RUNS[i % len(RUNS)] for i in range(len(names))]
    shapes = [SHAPES[i // len(RUNS)] for i in range(len(names))]
    chart: alt.Chart = (
        alt.Chart(points)
        .mark_point(size=46, filled=True, stroke=EDGE, strokeWidth=0.4)
        .encode(
            x=alt.X("x:Q", axis=None),
            y=alt.Y("y:Q", axis=None),
            color=alt.Color("group:N", title=None, scale=alt.Scale(domain=names, range=colours)),
            shape=alt.Shape("group:N", title=None, scale=alt.Scale(domain=names, range=shapes)),
            opacity=alt.when(legend).then(alt.value(0.85)).otherwise(alt.value(0.06)),
            tooltip=["photo:N", "true:N", "said:N"],
        )
        .add_params(pressed, legend)
        .properties(height=MAP_PIXELS)
        .configure_legend(orient="top", columns=5, symbolOpacity=1)
        .configure_view(stroke=EDGE, strokeOpacity=0.3)
    )
    return chart
