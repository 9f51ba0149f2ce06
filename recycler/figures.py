"""Figures: pure functions from small tables to Altair charts or pixels. Nothing here reads files or knows a page."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from recycler.photos import Photo
from recycler.rulebook import Destination

BAR_PIXELS = 40  # room for two lines of label
AXIS_PIXELS = 50
CURVE_PIXELS = 240
LEGEND_PIXELS = 16  # a line
EDGE = "#888888"  # seen on white and on black, as a bar's own colour need not be
DIMMED = 0.3  # brightness of a part that did not matter, as a share of the photo's

# Okabe and Ito's colours: seen apart by colour-blind eyes, and on white and black.
SPLITS = {"training": "#0a84c4", "validation": "#d55e00"}
RUNS = ("#0a84c4", "#d55e00", "#009e73", "#cc79a7", "#b08900", "#7a6bd0", "#56b4e9", "#8a8a8a")


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


def history_chart(epochs: pd.DataFrame, titles: Mapping[str, str], *, points: bool = True) -> alt.FacetChart:
    """Draw a finished training: a small chart a metric, training and validation as lines.

    epochs: one row an epoch in the order of training; a metric has its own column, `val_` before its name, or both.
    titles: the metrics that are drawn, in order, and what people call them.
    points: mark the epochs, too, where they are few; the picture's file is then up to five times as large.
    """
    parts = [
        pd.DataFrame({"epoch": np.arange(1, len(epochs) + 1), "metric": title, "split": split, "value": epochs[name]})
        for metric, title in titles.items()
        for split, name in (("training", metric), ("validation", f"val_{metric}"))
        if name in epochs.columns
    ]
    table = pd.concat([pd.DataFrame(columns=["epoch", "metric", "split", "value"]), *parts])
    scale = alt.Scale(domain=list(SPLITS), range=list(SPLITS.values()))
    lines = (
        alt.Chart(table)
        .mark_line(point=points and len(epochs) < 100)
        .encode(
            x=alt.X("epoch:Q", title="Epoch", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False)),
            color=alt.Color("split:N", title=None, legend=alt.Legend(orient="top"), scale=scale),
            tooltip=["split:N", "epoch:Q", alt.Tooltip("value:Q", format=".4g")],
        )
        .properties(width=320, height=200)
    )
    facets = lines.facet(facet=alt.Facet("metric:N", title=None, sort=list(titles.values())), columns=2)
    charts: alt.FacetChart = facets.resolve_scale(y="independent")
    return charts


def learning_curves(title: str, runs: Sequence[str], *, log: bool = False) -> alt.LayerChart:
    """Draw a metric over the epochs: training and validation of one run, or of several to compare.

    The data are handed over beside the chart, under names, so that it stays the same chart while they grow:
    `curves` (x in epochs, value, split, run), `borders` (x, text, late) and `best` (x, value, text).
    runs: their names, in the order of their colours; of one run, the splits have the colours.
    """
    if len(runs) > 1:
        below_each_other = alt.Legend(columns=1, labelLimit=280)  # names are long and phones narrow
        colour = alt.Color(
            "run:N", title=None, scale=alt.Scale(domain=list(runs), range=list(RUNS)), legend=below_each_other
        )
        dash = alt.StrokeDash(
            "split:N",
            title=None,
            scale=alt.Scale(domain=list(SPLITS), range=[[1, 0], [5, 3]]),
            legend=alt.Legend(orient="bottom"),
        )
    else:
        colour = alt.Color("split:N", title=None, scale=alt.Scale(domain=list(SPLITS), range=list(SPLITS.values())))
        dash = alt.StrokeDash(alt.Undefined)
    x = alt.X("x:Q", title="Epoch", axis=alt.Axis(tickMinStep=1, grid=False), scale=alt.Scale(nice=False, zero=False))
    y = alt.Y("value:Q", title=title, scale=alt.Scale(type="log" if log else "linear", zero=False, nice=True))
    tooltip = [
        "run:N",
        "split:N",
        alt.Tooltip("x:Q", title="epoch", format=".2f"),
        alt.Tooltip("value:Q", format=".4g"),
    ]
    lines = alt.Chart(alt.NamedData("curves")).mark_line(interpolate="linear", strokeWidth=1.8, clip=True)
    lines = lines.encode(x=x, y=y, color=colour, tooltip=tooltip, **({"strokeDash": dash} if len(runs) > 1 else {}))
    borders = alt.Chart(alt.NamedData("borders")).encode(x="x:Q")
    texts = borders.encode(text="text:N")
    style: dict[str, Any] = {"color": EDGE, "y": 8, "fontSize": 11, "clip": True}
    best = alt.Chart(alt.NamedData("best")).encode(x="x:Q", y="value:Q", tooltip="text:N")
    layers = alt.layer(
        borders.mark_rule(color=EDGE, strokeDash=[2, 3]),
        texts.mark_text(align="left", dx=4, **style).transform_filter("!datum.late"),
        texts.mark_text(align="right", dx=-4, **style).transform_filter("datum.late"),
        lines,
        best.mark_point(color=EDGE, size=90, shape="diamond", filled=True, opacity=0.9),
    ).properties(height=CURVE_PIXELS + (LEGEND_PIXELS * (len(runs) + 1) if len(runs) > 1 else 0))
    chart: alt.LayerChart = layers.configure_legend(orient="top", symbolStrokeWidth=2.5)
    return chart


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
