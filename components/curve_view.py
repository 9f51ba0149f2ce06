"""Learning curves of runs, and the widgets that say how to look at them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import streamlit as st

from components import state
from recycler import curves
from recycler.figures import RUNS, SPLITS, learning_curves
from recycler.live import LivePoints
from recycler.runs import POINTS_FILE, Run

SMOOTHING = {"none": 0.0, "a little": 0.8, "much": 0.97}
WINDOWS = {"everything": None, "last 10 epochs": 10.0, "last 2 epochs": 2.0}
LAID_OVER = 100  # newest runs that are offered to be laid over one
FIRST = ("loss", "object_accuracy")  # what is shown until something else is chosen


class View(NamedTuple):
    """How to look: metrics, splits, weight of the moving average, epochs (None: all), log axis, other runs."""

    metrics: tuple[str, ...]
    splits: tuple[str, ...]
    smoothing: float
    last: float | None
    log: bool
    beside: tuple[str, ...]


@st.cache_resource(max_entries=32, show_spinner=False)
def points_of(folder: Path) -> LivePoints:
    """The points of a run, one reader for all visitors."""
    return LivePoints(folder / POINTS_FILE)


def choose_view(key: str, known: Sequence[str], others: Sequence[Run] = ()) -> View:
    """Draw the widgets behind a fold. known: metrics that there are; others: runs that may be laid over."""
    titles = {run.record.run: f"{run.label.title}, {run.record.created:%-d %b %H:%M}" for run in others[:LAID_OVER]}
    key = f"{state.TRAIN_VIEW}-{key}"
    with st.popover("View", icon=":material/tune:", type="tertiary", key=key):
        metrics = st.multiselect(
            "Curves",
            list(known),
            default=[name for name in FIRST if name in known],
            format_func=lambda name: curves.NAMES.get(name, name),
            key=f"{key}-metrics",
        )
        splits = st.pills("Lines", list(SPLITS), selection_mode="multi", default=list(SPLITS), key=f"{key}-splits")
        smoothing = st.segmented_control(
            "Smoothing of training", list(SMOOTHING), default="a little", required=True, key=f"{key}-smooth"
        )
        last = st.segmented_control("Show", list(WINDOWS), default="everything", required=True, key=f"{key}-window")
        log = st.toggle("Logarithmic losses", key=f"{key}-log")
        beside = (
            st.multiselect("Lay over it", list(titles), format_func=titles.__getitem__, key=f"{key}-beside")
            if titles
            else []
        )
    return View(
        tuple(metrics),
        tuple(splits or SPLITS),
        SMOOTHING[smoothing or "none"],
        WINDOWS[last or "everything"],
        log,
        tuple(beside),
    )


def has_curves(run: Run) -> bool:
    """Whether it has come to its first batch."""
    return len(points_of(run.folder).poll()) > 0


def known_metrics(runs: Sequence[Run]) -> list[str]:
    """What can be drawn of these runs."""
    found = [curves.metrics(points_of(run.folder).poll(), curves.epochs_table(run.epochs())) for run in runs]
    return list(dict.fromkeys(name for names in found for name in names)) or list(FIRST)


def draw_curves(key: str, runs: Sequence[Run], view: View) -> None:
    """One chart a metric, of one run or of several; it stays the same chart while its data grow."""
    names = names_of(runs)[: len(RUNS)]
    tables = [(run, name, curves.epochs_table(run.epochs())) for run, name in zip(runs, names, strict=False)]
    for metric in view.metrics:
        lines = [
            curves.curves(metric, points_of(run.folder).poll(), epochs, run.record.stages, view.smoothing).assign(
                run=name
            )
            for run, name, epochs in tables
        ]
        log = view.log and "loss" in metric
        table = curves.window([pd.concat(lines, ignore_index=True)], view.last)[0]
        table = table[table["split"].isin(view.splits) & ((table["value"] > 0) | (not log))]
        first, _, epochs = tables[0]
        found = curves.marks(metric, epochs, first.record.stages, first.record.state == "done")
        least = table["x"].min() if view.last else -1.0
        spec = learning_curves(curves.NAMES.get(metric, metric), names, log=log).to_dict()
        spec["datasets"] = {
            "curves": table,
            "borders": found.borders[found.borders["x"] >= least],
            "best": found.best[(found.best["x"] >= least) & ("validation" in view.splits)],
        }
        st.vega_lite_chart(spec, width="stretch", key=f"{state.TRAIN_CURVE}-{key}-{metric}")


def names_of(runs: Sequence[Run]) -> list[str]:
    """Names of runs for people, each only once."""
    titles = [run.label.title for run in runs]
    return [
        title if titles.count(title) == 1 else f"{title}, {run.record.created:%-d %b %H:%M:%S}"
        for title, run in zip(titles, runs, strict=True)
    ]
