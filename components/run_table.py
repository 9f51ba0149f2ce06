"""All runs as a table: sort, filter, look at one, compare several."""

from collections.abc import Sequence

import streamlit as st

from components import now, state
from components.curve_view import choose_view, draw_curves, known_metrics, names_of
from components.run_actions import undo_delete
from components.run_words import LOOKS
from components.words import plain
from recycler.comparison import differences, runs_table
from recycler.errors import RecyclerError
from recycler.figures import RUNS
from recycler.runs import Run

TALLEST = 420  # pixels


def earlier_runs(runs: Sequence[Run]) -> None:
    """Draw the table, and below it what is chosen in it."""
    undo_delete()
    if not runs:
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.subheader("Runs", anchor=False, width="content")
        wanted = st.text_input(
            "Filter", key=state.TRAIN_FILTER, placeholder="Filter", label_visibility="collapsed", width=220
        )
    table = runs_table(runs, wanted)
    if table.empty:
        st.caption("No run matches that.")
        return
    shown = table.assign(state=table["state"].map(lambda name: LOOKS[name].word))
    chosen = st.dataframe(
        shown,
        hide_index=True,
        height=min(TALLEST, 37 + 35 * len(shown)),
        column_config={
            "title": st.column_config.TextColumn("Name", width=150),
            "state": st.column_config.TextColumn("State", width="small"),
            "top1": st.column_config.NumberColumn("Right class", format="percent", width="small"),
            "recycling": st.column_config.NumberColumn("Recycling right", format="percent", width=105),
            "started": st.column_config.DatetimeColumn("Started", format="D MMM HH:mm", width=110),
            "seconds": st.column_config.NumberColumn("Seconds", format="%.0f", width="small"),
            "device": st.column_config.TextColumn("Device", width="small"),
            "note": st.column_config.TextColumn("Note"),
        },
        key=f"{state.TRAIN_TABLE}-{'-'.join(sorted(table.index))[:2000]}",
        on_select="rerun",
        selection_mode="multi-row",
        placeholder="",
        alt="All runs, newest first",
    )
    by_name = {run.record.run: run for run in runs}
    picked = [by_name[table.index[row]] for row in chosen["selection"]["rows"] if row < len(table)]
    if len(picked) == 1:
        now.run_card(picked[0], runs, "table")
    elif picked:
        compare(picked[: len(RUNS)])
    else:
        st.caption("Tick one to look at it, several to compare them.")


def compare(runs: Sequence[Run]) -> None:
    """Curves over each other, and where the recipes differ."""
    with st.container(border=True, key="train-compare"):
        st.subheader(f"{len(runs)} runs compared", anchor=False)
        trained = [run for run in runs if run.record.stages]
        if trained:
            draw_curves("compare", trained, choose_view("compare", known_metrics(trained)))
        try:
            recipes = [run.recipe for run in runs]
        except RecyclerError as problem:  # written by another version
            st.warning(f"Their recipes cannot be compared. {plain(str(problem), 300)}")
            return
        table = differences(dict(zip(names_of(runs), recipes, strict=True)))
        if table.empty:
            st.markdown("Their recipes are the same.")
        else:
            st.markdown("**Where their recipes differ**")
            first = {"_index": st.column_config.TextColumn(width=130)}  # a phone has room for a recipe beside it
            st.dataframe(table, column_config=first, alt="Fields of the recipes that differ")
