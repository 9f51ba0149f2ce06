"""Confusion: which classes are taken for which, and the very photos."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from components import state
from components.analysis.class_choice import choose_kind, choose_shown, groups_of
from components.analysis.figure import figure
from components.analysis.photos import show_photos
from components.words import count_of, percent, plain, readable
from recycler.analysis import Analysis
from recycler.analysis.confusion import (
    Counts,
    cell_counts,
    cell_rows,
    confused_order,
    confused_pairs,
    matrix_cells,
    most_confused,
)
from recycler.analysis.confusion_figures import BY_PHOTOS, BY_SHARE, CHOSEN, READING, confusion_chart
from recycler.predictions import Index

PART = 25  # classes shown first, where there are many


class Matrix(NamedTuple):
    """Counts of the photos that are sure enough, and an order that does not change with how sure."""

    counts: Counts
    order: Index


def show(analysis: Analysis, beside: Analysis | None) -> None:
    """Draw the matrix and the most confused pairs; a click on either opens the photos."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = choose_kind(analysis, "confusion")
        which = st.container(width="content")
        least = st.slider("Said with at least", 0, 100, 0, 5, format="%d %%", key=state.ANALYSE_LEAST, width=200) / 100
        more = st.popover("More", icon=":material/tune:", type="tertiary", key=f"{state.ANALYSE_MORE}-confusion")
    with more:
        diagonal = st.toggle("Right answers, too", key=state.ANALYSE_DIAGONAL)
        shares = st.segmented_control(
            "Shade by", ["Shares", "Photos"], default="Shares", required=True, key=state.ANALYSE_SHARES
        )
    groups = groups_of(analysis, kind)
    found = _matrix(analysis.key, kind, least, analysis)
    order = [groups.names[i] for i in found.order]
    worst = set(most_confused(found.counts, PART).tolist())
    with which:
        part = (f"{PART} most confused", [groups.names[i] for i in found.order if i in worst])
        shown = choose_shown(analysis, order, part, "confusion", more)
    places = np.array([i for i in found.order if groups.names[i] in shown], np.int64)
    cells = matrix_cells(found.counts, groups, places, diagonal=diagonal)
    chart = confusion_chart(cells, shown, shares=shares == "Shares")
    reading = READING.format(more=BY_SHARE if shares == "Shares" else BY_PHOTOS) + " Click a cell to see its photos."
    chosen = figure(chart, cells, reading, "confusion", key=f"confusion-{analysis.key}-{kind}", on_select=CHOSEN)
    for cell in chosen[:1]:
        _photos(analysis, kind, least, cell["true"], cell["said"], "cell")
    _pairs(analysis, kind, least, found)


@st.cache_data(max_entries=64, show_spinner=False)
def _matrix(key: str, kind: str, least: float, _analysis: Analysis) -> Matrix:
    groups = groups_of(_analysis, kind)
    everything = cell_counts(_analysis.table, groups)
    seen = everything.sum(axis=0) + everything.sum(axis=1) > 0
    order = confused_order(everything)
    return Matrix(cell_counts(_analysis.table, groups, least), order[seen[order]])


def _pairs(analysis: Analysis, kind: str, least: float, found: Matrix) -> None:
    """The list of what is confused most; a row opens its photos."""
    pairs = confused_pairs(found.counts, groups_of(analysis, kind))
    if pairs.empty:
        st.markdown("No mistakes among these.")
        return
    st.subheader("Most confused", anchor=False)
    chosen = st.dataframe(
        pairs.assign(true=pairs["true"].map(readable), said=pairs["said"].map(readable), share=100 * pairs["share"]),
        hide_index=True,
        column_config={
            "true": st.column_config.TextColumn("True"),
            "said": st.column_config.TextColumn("Said"),
            "photos": st.column_config.NumberColumn("Photos", width="small"),
            "share": st.column_config.NumberColumn("Of its kind", format="%.1f %%", width="small"),
            "back": st.column_config.NumberColumn("The other way", width="small"),
        },
        height=min(35 * len(pairs) + 37, 390),
        key=f"{state.ANALYSE_PAIRS}-{analysis.key}-{kind}-{least}",
        on_select="rerun",
        selection_mode="single-row",
        alt="Pairs of classes that are taken for each other, the most frequent first",
    )
    for row in chosen["selection"]["rows"][:1]:
        pair: pd.Series = pairs.iloc[row]
        _photos(analysis, kind, least, str(pair["true"]), str(pair["said"]), "pair")


def _photos(analysis: Analysis, kind: str, least: float, true: str, said: str, key: str) -> None:
    rows = cell_rows(analysis.table, groups_of(analysis, kind), true, said, least)
    sure = f", said with at least {percent(least)}" if least else ""
    st.markdown(
        f"**{plain(readable(true))}** said to be **{plain(readable(said))}**{sure}: {count_of(len(rows), 'photo')}"
    )
    show_photos(analysis, rows, f"{key}-{true}-{said}")
