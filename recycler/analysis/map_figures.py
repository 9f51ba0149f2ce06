"""The feature map as a chart."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from recycler.figures import EDGE, RUNS

MAP_PIXELS = 560
LONG = 16  # letters
LEGEND_PIXELS = 150
SHAPES = ("circle", "triangle-up", "square")
MOST_GROUPS = len(RUNS) * len(SHAPES)


def feature_map_chart(points: pd.DataFrame, groups: Sequence[str]) -> alt.Chart:
    """Draw photos as points that can be pressed; a press on a name in the legend leaves its group alone bright.

    points: one row a photo: x, y, group (one of `groups`), photo, true, said; its position in the frame is `row`.
    groups: at most MOST_GROUPS. The first have a colour each; from then on the shape tells two of a colour apart.
    """
    pressed = alt.selection_point(name="photo", fields=["row"], nearest=True, empty=False)
    legend = alt.selection_point(name="group", fields=["group"], bind="legend")
    names = list(groups)
    colours = [RUNS[i % len(RUNS)] for i in range(len(names))]
    shapes = [SHAPES[i // len(RUNS)] for i in range(len(names))]
    columns = 2 if max(map(len, names)) > LONG else 3  # as fits on a phone
    chart: alt.Chart = (
        alt.Chart(points)
        .mark_point(filled=True)
        .encode(
            x=alt.X("x:Q", axis=None),
            y=alt.Y("y:Q", axis=None),
            color=alt.Color("group:N", title=None, scale=alt.Scale(domain=names, range=colours)),
            shape=alt.Shape("group:N", title=None, scale=alt.Scale(domain=names, range=shapes)),
            opacity=alt.when(legend).then(alt.value(0.85)).otherwise(alt.value(0.06)),
            size=alt.when(pressed).then(alt.value(260)).otherwise(alt.value(46)),
            tooltip=["photo:N", "true:N", "said:N"],
        )
        .add_params(pressed, legend)
        .properties(height=MAP_PIXELS)
        .configure_legend(orient="top", columns=columns, labelLimit=LEGEND_PIXELS, symbolOpacity=1, symbolStrokeWidth=0)
        .configure_view(stroke=EDGE, strokeOpacity=0.3)
    )
    return chart
