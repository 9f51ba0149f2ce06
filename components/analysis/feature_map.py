"""The feature map: photos that the network takes for alike lie close together; a press on one opens it."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from components import state
from components.analysis import embeddings
from components.analysis.figure import figure
from components.analysis.photos import show_photos
from components.words import readable
from recycler.analysis import Analysis
from recycler.analysis.feature_map import LEAST_PHOTOS, feature_map, sample
from recycler.analysis.map_figures import MOST_GROUPS, feature_map_chart
from recycler.predictions import Index

AROUND = 12  # photos that a press shows
RIGHT = ("right", "wrong")
READING = (
    "Each point is a photo. Points that lie close together look alike to the network; directions and long distances "
    "mean little. A point among those of another class is a photo that is easily mistaken, or wrongly labelled. Press "
    "one to see it; press names in the legend to see only these."
)


def show(analysis: Analysis, beside: Analysis | None) -> None:
    """Draw the map of these photos, coloured as asked for."""
    if len(analysis.table) < LEAST_PHOTOS:
        st.info(f"A map needs at least {LEAST_PHOTOS} photos; these are {len(analysis.table)}.")
        return
    found = embeddings.of_rows(analysis, sample(analysis.table.true))
    if found is None:
        return
    rows, vectors = found
    places = _map(analysis.key, len(rows), vectors)
    group, groups = _colours(analysis, rows)
    table = analysis.table
    points = pd.DataFrame(
        {
            "row": rows,
            "x": places[:, 0],
            "y": places[:, 1],
            "group": group,
            "photo": table.photos[rows],
            "true": [readable(table.names[i]) for i in table.true[rows]],
            "said": [readable(table.classes[i]) for i in table.predicted[rows]],
        }
    )
    if len(rows) < len(table):
        st.caption(f"{len(rows):,} of {len(table):,} photos, as many of each class as there is room for.")
    chart = feature_map_chart(points, groups)
    chosen = figure(chart, points.drop(columns="row"), READING, "feature-map", key="feature-map", on_select="photo")
    if chosen:
        place = int(np.flatnonzero(rows == chosen[0]["row"])[0])
        around = np.linalg.norm(places - places[place], axis=1).argsort(kind="stable")[:AROUND]
        st.markdown("**The photo that you pressed, then those around it**")
        show_photos(analysis, rows[around], f"feature-map-{analysis.key}-{rows[place]}")


def _colours(analysis: Analysis, rows: Index) -> tuple[NDArray[np.object_], list[str]]:
    """The group of each photo, (n,), and all groups in the order of their colours, by what was chosen."""
    table = analysis.table
    true = [table.names[i] for i in table.true[rows]]
    ways: dict[str, list[str]] = {
        "Class": [readable(name) for name in true],
        "Superclass": [readable(analysis.coarse.get(name, "other")) for name in true],
        "Right or wrong": np.where(table.right[rows], *RIGHT).tolist(),
    }
    fitting = [way for way, groups in ways.items() if 1 < len(set(groups)) <= MOST_GROUPS] or ["Right or wrong"]
    way = st.segmented_control(
        "Colour", fitting, default=fitting[0], required=True, key=f"{state.ANALYSE_FILTER}-colour-{'-'.join(fitting)}"
    )
    groups = ways[way or fitting[0]]
    known = [*RIGHT] if way == "Right or wrong" else sorted(set(groups))
    return np.array(groups, object), known


@st.cache_resource(max_entries=8, show_spinner="Drawing the map…")
def _map(key: str, count: int, _vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    return feature_map(_vectors)
