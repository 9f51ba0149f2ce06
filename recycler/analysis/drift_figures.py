"""Charts of what a model answered lately beside what it answered on its test photos."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from recycler.answers import ENTROPY_STEPS, Counts
from recycler.figures import EDGE, RUNS

LATELY, TEST = "lately", "test photos"
MOST_CLASSES = 12
ROW = 30  # pixels
AROUND = 90  # pixels for axis and legend


def class_shares(lately: Counts, test: Counts) -> pd.DataFrame:
    """The classes whose share changed most, the most frequent first: what, when, photos and share."""
    names = sorted({*lately.classes, *test.classes})
    table = pd.concat(
        [
            _shares(names, [c.classes.get(name, 0) for name in names], when)
            for c, when in ((lately, LATELY), (test, TEST))
        ]
    )
    wide = table.pivot_table(index="what", columns="when", values="share", sort=False)
    changed = (wide[LATELY] - wide[TEST]).abs().nlargest(MOST_CLASSES).index
    order = wide.loc[changed].max(axis=1).sort_values(ascending=False).index
    return table.set_index("what").loc[order].reset_index()


def entropy_shares(lately: Counts, test: Counts) -> pd.DataFrame:
    """Every step of entropy, from the surest on: what, when, photos, share."""
    ends = [*(f"to {end:g}" for end in ENTROPY_STEPS[1:]), f"from {ENTROPY_STEPS[-1]:g}"]
    return pd.concat([_shares(ends, lately.entropy, LATELY), _shares(ends, test.entropy, TEST)], ignore_index=True)


def drift_chart(shares: pd.DataFrame, title: str) -> alt.Chart:
    """Draw two bars a row. shares: of `class_shares` or `entropy_shares`. title: of what the rows are."""
    chart: alt.Chart = (
        alt.Chart(shares)
        .mark_bar(stroke=EDGE, strokeWidth=0.5, cornerRadiusEnd=3)
        .encode(
            x=alt.X("share:Q", title="Share of photos", axis=alt.Axis(format=".0%", tickCount=5)),
            y=alt.Y("what:N", title=title, sort=None, axis=alt.Axis(labelLimit=120, labelOverlap=False)),
            yOffset=alt.YOffset("when:N", sort=[LATELY, TEST]),
            color=alt.Color(
                "when:N",
                title=None,
                scale=alt.Scale(domain=[LATELY, TEST], range=[RUNS[1], RUNS[0]]),
                legend=alt.Legend(orient="top", symbolStrokeWidth=0),
            ),
            tooltip=["what:N", "when:N", alt.Tooltip("photos:Q", format=","), alt.Tooltip("share:Q", format=".1%")],
        )
        .properties(height=ROW * shares["what"].nunique() + AROUND)
    )
    return chart


def _shares(names: Sequence[str], photos: Sequence[int], when: str) -> pd.DataFrame:
    total = max(1, sum(photos))
    return pd.DataFrame({"what": names, "when": when, "photos": photos, "share": [n / total for n in photos]})
