"""Charts that set groups or classes side by side."""

import altair as alt
import pandas as pd

from recycler.figures import EDGE, RUNS

ROW = 24  # pixels
AROUND = 120  # pixels for axis and legend
CHANGE_COLOURS = {"fixed": RUNS[2], "broken": RUNS[1]}


def group_chart(groups: pd.DataFrame, title: str) -> alt.LayerChart | alt.FacetChart:
    """Draw a share of each group as a dot with its 95 % interval, a colour and a shape a subject.

    groups: group, subject, share, low, high and photos; a row a group and subject, in the order to draw. title: of the
    axis. A point selection `group` names the group that was clicked.
    """
    subjects = list(dict.fromkeys(groups["subject"]))
    pick = alt.selection_point(name="group", fields=["group"], on="click")
    two_lines = alt.Axis(labelExpr="split(datum.label, ', ')", labelLimit=170, labelOverlap=False)
    height = (ROW if len(subjects) == 1 else ROW * 1.6) * groups["group"].nunique() + AROUND
    y = alt.Y("group:N", title=None, sort=None, axis=two_lines)
    offset = alt.YOffset("subject:N", sort=subjects) if len(subjects) > 1 else alt.YOffset()
    legend = alt.Legend(orient="top", columns=1, labelLimit=300) if len(subjects) > 1 else None
    colour = alt.Color("subject:N", title=None, legend=legend, scale=alt.Scale(domain=subjects, range=list(RUNS)))
    base = alt.Chart(groups).transform_filter("isValid(datum.share)")
    spread = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=title, axis=alt.Axis(format=".0%", tickCount=5), scale=alt.Scale(zero=False, nice=True)),
        x2="high:Q",
        y=y,
        yOffset=offset,
        color=colour,
    )
    dots = (
        base.mark_point(filled=True, size=90, cursor="pointer")
        .encode(
            x="share:Q",
            y=y,
            yOffset=offset,
            color=colour,
            shape=alt.Shape("subject:N", title=None, legend=legend, sort=subjects),
            opacity=alt.condition(pick, alt.value(1), alt.value(0.4)),
            tooltip=[
                alt.Tooltip("group:N"),
                alt.Tooltip("subject:N"),
                alt.Tooltip("share:Q", title=title.lower(), format=".1%"),
                alt.Tooltip("low:Q", title="from", format=".1%"),
                alt.Tooltip("high:Q", title="to", format=".1%"),
                alt.Tooltip("photos:Q", format=","),
            ],
        )
        .add_params(pick)
    )
    return alt.layer(spread, dots).properties(height=height)


def change_chart(classes: pd.DataFrame) -> alt.Chart:
    """Draw for each class the photos that became right to the right of zero, those that became wrong to the left.

    classes: class, fixed and broken, in the order to draw. A point selection `change` names class and change of the bar
    that was clicked.
    """
    pick = alt.selection_point(name="change", fields=["class", "change"], on="click")
    rows = classes[["class", *CHANGE_COLOURS]].melt("class", var_name="change", value_name="photos")
    rows = rows[rows["photos"] > 0].assign(signed=lambda r: r["photos"].where(r["change"] == "fixed", -r["photos"]))
    chart: alt.Chart = (
        alt.Chart(rows)
        .mark_bar(stroke=EDGE, strokeWidth=0.5, cursor="pointer", cornerRadiusEnd=3)
        .encode(
            x=alt.X(
                "signed:Q",
                title="Photos: now wrong (left), now right (right)",
                axis=alt.Axis(labelExpr="format(abs(datum.value), ',')", tickMinStep=1),
            ),
            y=alt.Y(
                "class:N", title=None, sort=list(classes["class"]), axis=alt.Axis(labelLimit=120, labelOverlap=False)
            ),
            color=alt.Color(
                "change:N",
                title=None,
                scale=alt.Scale(domain=list(CHANGE_COLOURS), range=list(CHANGE_COLOURS.values())),
                legend=alt.Legend(orient="top", symbolStrokeWidth=0),
            ),
            opacity=alt.condition(pick, alt.value(1), alt.value(0.35)),
            tooltip=["class:N", "change:N", alt.Tooltip("photos:Q", format=",")],
        )
        .properties(height=ROW * max(rows["class"].nunique(), 1) + AROUND)
        .add_params(pick)
    )
    return chart
