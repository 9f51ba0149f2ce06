"""Figures: pure functions from small tables to Altair charts or pixels. Nothing here reads files or knows a page."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from recycler.photos import Photo
from recycler.rulebook import Destination

BAR_PIXELS = 34
AXIS_PIXELS = 50
LABEL_ROOM = 1.45  # where the probability axis ends, so that the label of a bar at 100 % has room
EDGE = "#888888"  # seen on white and on black, as a bar's own colour need not be
DIMMED = 0.3  # brightness of a part that did not matter, as a share of the photo's


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
    return alt.LayerChart(layer=[bars, labels]).properties(height=BAR_PIXELS * len(rows) + AXIS_PIXELS)


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
