"""Entropy: of which classes the model is least sure, and whether being unsure goes with being wrong."""

from collections.abc import Mapping, Sequence
from math import log2
from typing import NamedTuple

import numpy as np
import streamlit as st

from components import state
from components.analysis.answers import of_run_before
from components.analysis.class_choice import choose_kind, choose_shown, groups_of
from components.analysis.figure import figure
from components.analysis.labels import with_labels_of_now
from components.analysis.photos import show_photos
from components.analysis.siblings import choose_siblings, titles
from components.words import count_of, plain, readable
from recycler.analysis import Analysis
from recycler.analysis.class_axes import ANSWERS
from recycler.analysis.entropy import Boxes, by_median, ends, entropy_boxes
from recycler.analysis.entropy_figures import CHOSEN, READING, entropy_chart
from recycler.datasets.cifar100 import IMAGENET_SHARED, SUPERCLASS_OF
from recycler.figures import RUNS
from recycler.predictions import Index
from recycler.rulebook import DESTINATIONS

END = 20  # classes of each end, where there are many
BY_ANSWER, BY_DESTINATION, BY_IMAGENET, ONE = "Right or wrong", "Destination", "In ImageNet", "None"
BY_MODEL, BY_STAGE = "Model", "Before and after"  # with boxes of several analyses in each row
RIGHT = {"All answers": None, "Right ones": True, "Wrong ones": False}


class Series(NamedTuple):
    """Which box of its row each photo belongs to, int64 (N,); names and colours of these boxes."""

    of: Index
    colours: Mapping[str, str]


def show(analysis: Analysis, beside: Analysis | None) -> None:
    """Draw box plots by class; a click on a row opens its photos."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        kind = choose_kind(analysis, "entropy", all_photos=True)
        coloured, which = st.container(width="content"), st.container(width="content")
        more = st.popover("More", icon=":material/tune:", type="tertiary", key=f"{state.ANALYSE_MORE}-entropy")
    with more:
        right = st.segmented_control("Of", list(RIGHT), default="All answers", required=True, key=state.ANALYSE_RIGHT)
        others = choose_siblings(analysis, beside)
        before = [with_labels_of_now(one) for one in of_run_before(analysis)]
    with coloured:
        colourings = _colourings(analysis, others, before)
        colouring = st.selectbox("Colour", colourings, key=state.ANALYSE_COLOUR, width=180)
    analyses = [analysis, *{BY_MODEL: others, BY_STAGE: before}.get(colouring, [])]
    names = tuple(titles(analyses))
    found = _boxes(tuple(one.key for one in analyses), kind, colouring, right or "", names, analyses)
    if found.boxes.empty:
        st.markdown("No photos like these.")
        return
    order = by_median(found.boxes)
    with which:
        part = (f"{END} least sure and {END} surest", ends(order, END))
        shown = choose_shown(analysis, order, part, "entropy", more)
    colours = _series(analysis, colouring, names).colours
    classes = max(len(one.table.classes) for one in analyses)
    drawn = found.boxes[found.boxes["group"].isin(shown.keys())]
    chart = entropy_chart(found, shown, classes, colours, legend=colouring != ONE)
    reading = f"{READING} Here that is {log2(classes):.2f} bits. Click a row to see its photos."
    key = "-".join(("entropy", *(one.key for one in analyses), kind, colouring, right or ""))
    for box in figure(chart, drawn, reading, "entropy", key=key, on_select=CHOSEN)[:1]:
        one = analyses[names.index(box["series"])] if len(analyses) > 1 else analysis
        rows = _rows(one, kind, colouring, right or "", box)
        said = f", {box['series']}" if box["series"] else ""
        st.markdown(
            f"**{plain(readable(box['group']) + said, 200)}**, the least sure first: {count_of(len(rows), 'photo')}"
        )
        show_photos(one, rows, f"entropy-{box['group']}-{box['series']}")


def _colourings(analysis: Analysis, others: Sequence[Analysis], before: Sequence[Analysis]) -> list[str]:
    cifar = set(analysis.table.classes) <= SUPERCLASS_OF.keys()
    models, stages = [BY_MODEL] if others else [], [BY_STAGE] if before else []
    return [*models, BY_ANSWER, *stages, BY_DESTINATION, *([BY_IMAGENET] if cifar else []), ONE]


def _series(analysis: Analysis, colouring: str, names: Sequence[str], model: int = 0) -> Series:
    """The boxes of a row. names: of the models; model: which of them this analysis is of."""
    table, book = analysis.table, analysis.rulebook.classes
    if colouring == BY_ANSWER:
        return Series((~table.right).astype(np.int64), ANSWERS)
    if colouring == BY_IMAGENET:
        inside = np.array([name not in IMAGENET_SHARED for name in table.names], np.int64)
        return Series(inside[table.true], {"in ImageNet": RUNS[0], "not in ImageNet": RUNS[1]})
    if colouring == BY_DESTINATION:
        places = list(DESTINATIONS)
        of = [places.index(book[name].destination) if name in book else len(places) for name in table.names]
        colours = {place.title: place.colour for place in DESTINATIONS.values()} | {"no rule": RUNS[-1]}
        return Series(np.array(of, np.int64)[table.true], colours)
    colours = dict(zip(names, RUNS, strict=False)) if colouring in (BY_MODEL, BY_STAGE) else {"": RUNS[0]}
    return Series(np.full(len(table), model, np.int64), colours)


@st.cache_data(max_entries=64, show_spinner=False)
def _boxes(
    keys: tuple[str, ...],
    kind: str,
    colouring: str,
    right: str,
    names: tuple[str, ...],
    _analyses: Sequence[Analysis],
) -> Boxes:
    """The boxes of one or several analyses, which the keys name."""
    entropy, group, series = [], [], []
    number: dict[str, int] = {}
    for i, one in enumerate(_analyses):
        groups, rows = groups_of(one, kind), _answers(one, right)
        place = np.array([number.setdefault(name, len(number)) for name in groups.names], np.int64)
        entropy.append(one.table.entropy_bits[rows])
        group.append(place[groups.true(one.table)[rows]])
        series.append(_series(one, colouring, names, i).of[rows])
    colours = _series(_analyses[0], colouring, names).colours
    joined = (np.concatenate(parts) for parts in (entropy, group, series))
    values, places, of = joined
    return entropy_boxes(values, places, list(number), of, list(colours))


def _rows(analysis: Analysis, kind: str, colouring: str, right: str, box: Mapping[str, str]) -> Index:
    """The photos of a box, the least sure first, int64 (n,)."""
    groups = groups_of(analysis, kind)
    chosen = _answers(analysis, right) & (groups.true(analysis.table) == groups.names.index(box["group"]))
    if colouring not in (BY_MODEL, BY_STAGE):
        series = _series(analysis, colouring, ())
        chosen &= series.of == list(series.colours).index(box["series"])
    rows = np.flatnonzero(chosen)
    return rows[np.argsort(-analysis.table.entropy_bits[rows], kind="stable")]


def _answers(analysis: Analysis, right: str) -> np.ndarray:
    """Which photos are looked at: all, or those with right or wrong answers, bool (N,)."""
    wanted = RIGHT.get(right)
    return np.ones(len(analysis.table), bool) if wanted is None else analysis.table.right == wanted
