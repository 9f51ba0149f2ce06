"""Figures: pure functions from small tables to Altair charts or pixels. Nothing here reads files or knows a page."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from recycler.photos import Photo
from recycler.rulebook import Destination

BAR_PIXELS = 40  # room for two lines of label
AXIS_PIXELS = 50
EDGE = "#888888"  # seen on white and on black, as a bar's own colour need not be
DIMMED = 0.3  # brightness of a part that did not matter, as a share of the photo's


def top_bars(rows: Sequence[tuple[str, float, Destination]]) -> alt.Chart:
    """Draw the likeliest classes as bars, likeliest first, in the colour of their destination and labelled with it.

    rows: class, probability in [0, 1] and destination, in the order to draw.
    """
    table = pd.DataFrame(
        [(f"{name}|{p:.0%}, {destination.title}", p, destination.colour) for name, p, destination in rows],
        columns=["label", "probability", "colour"],
    )
    two_lines = alt.Axis(labelExpr="split(datum.label, '|')", labelOverlap=False, labelLimit=150)
    percent = alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1])
    chart: alt.Chart = (
        alt.Chart(table)
        .mark_bar(cornerRadiusEnd=4, height={"band": 0.6}, stroke=EDGE, strokeWidth=1)
        .encode(
            x=alt.X("probability:Q", title="Probability", axis=percent).scale(domain=[0, 1]),
            y=alt.Y("label:N", sort=None, title=None, axis=two_lines),
            color=alt.Color("colour:N", scale=None),
            tooltip=alt.Tooltip("probability:Q", format=".1%"),
        )
        .properties(height=BAR_PIXELS * len(rows) + AXIS_PIXELS)
    )
    return chart


def history_chart(epochs: pd.DataFrame) -> alt.FacetChart:
    """Draw a finished training: a small chart a metric, training and validation as lines.

    epochs: one row an epoch in the order of training; a metric is any column that has a `val_` column beside it.
    """
    metrics = [name.removeprefix("val_") for name in epochs.columns if name.startswith("val_")]
    table = pd.concat(
        pd.DataFrame({"epoch": np.arange(1, len(epochs) + 1), "metric": metric, "split": split, "value": epochs[name]})
        for metric in metrics
        for split, name in (("training", metric), ("validation", f"val_{metric}"))
        if name in epochs.columns
    )
    lines = (
        alt.Chart(table)
        .mark_line(point=len(epochs) < 100)
        .encode(
            x=alt.X("epoch:Q", title="Epoch", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False)),
            color=alt.Color("split:N", title=None, legend=alt.Legend(orient="top")),
        )
        .properties(width=320, height=200)
    )
    facets = lines.facet(facet=alt.Facet("metric:N", title=None), columns=2)
    charts: alt.FacetChart = facets.resolve_scale(y="independent")
    return charts


def occlusion_overlay(photo: Photo, drops: NDArray[np.float32]) -> Photo:
    """Dim a photo where it did not matter: uint8 (height, width, 3).

    drops: (cells, cells), by how much the probability fell when that part was covered. Where it did not fall the photo
    keeps `DIMMED` of its light, at the largest fall all of it; in between linear, smooth across cells. Light alone
    says it, so that every eye sees the same.
    """
    weight = np.maximum(drops, 0) / max(float(drops.max()), 1e-6)
    height, width = photo.shape[:2]
    smooth = Image.fromarray(weight.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    light = DIMMED + (1 - DIMMED) * np.clip(np.asarray(smooth), 0, 1)
    return np.asarray(photo * light[..., None], dtype=np.uint8)
