"""One photo large: what it is, what was said of it, which part decided, and what it is like."""

import math

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from components import state
from components.analysis import alike, labels, pixels
from components.classifiers import classifier_of
from components.words import percent, plain, readable, safe
from recycler.analysis import Analysis
from recycler.explain import occlusion_map
from recycler.figures import occlusion_overlay, top_bars
from recycler.metrics import should_recycle
from recycler.photos import open_photo
from recycler.predictions import Index
from recycler.rulebook import DESTINATIONS

LONGEST = 640  # pixels: sharp in half a window
BARS = 10


def show(analysis: Analysis, rows: Index, place: int | None, key: str) -> None:
    """Open a photo over the page; arrow keys lead to those beside it.

    It stays open until somebody closes it, even when the page is drawn anew because an answer has come.
    rows: int64 (n,), indices into the table. place: which of them to open, counted from 0; None for the one that is
    open, if any. key: tells this place on the page from others.
    """
    if place is not None:
        st.session_state[state.ANALYSE_PHOTO], st.session_state[state.ANALYSE_OPEN] = place, key
    if st.session_state.get(state.ANALYSE_OPEN) == key:
        _dialog(analysis, rows)


def _close() -> None:
    st.session_state.pop(state.ANALYSE_OPEN, None)


@st.dialog("Photo", width="large", on_dismiss=_close)
def _dialog(analysis: Analysis, rows: Index) -> None:
    draw(analysis, rows)


def draw(analysis: Analysis, rows: Index) -> None:
    """Draw the photo that is open, the first one when none is; rows as in `show`."""
    place = min(st.session_state.get(state.ANALYSE_PHOTO, 0), len(rows) - 1)
    _steps(place, len(rows))
    row = int(rows[place])
    left, right = st.columns(2, gap="medium")
    with left:
        _photo(analysis, row)
        labels.ask(analysis, row)
    with right:
        _answers(analysis, row)
    alike.show(analysis, row)


def _steps(place: int, count: int) -> None:
    def step(label: str, icon: str, key: str, to: int) -> None:
        st.button(
            label,
            icon=icon,
            shortcut=key,
            disabled=not 0 <= to < count,
            on_click=_go,
            args=(to,),
            key=f"{state.ANALYSE_LARGE}-{key}",
        )

    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        step("Previous", ":material/arrow_back:", "Left", place - 1)
        st.markdown(f"{place + 1:,} of {count:,}", width="content")
        step("Next", ":material/arrow_forward:", "Right", place + 1)


def _go(to: int) -> None:
    st.session_state[state.ANALYSE_PHOTO] = to


def _photo(analysis: Analysis, row: int) -> None:
    table = analysis.table
    photo = str(table.photos[row])
    jpeg = pixels.thumbnail(analysis, photo, LONGEST)
    if jpeg is None:
        st.info("This photo cannot be opened, or its data set is gone.", icon=":material/hide_image:")
    else:
        shown = st.container(key="analyse-large").empty()
        shown.image(jpeg, width="stretch", alt=readable(table.names[table.true[row]]))
        _which_part(analysis, row, shown)
    st.caption(plain(photo, 200))


def _which_part(analysis: Analysis, row: int, shown: DeltaGenerator) -> None:
    """On demand, the photo dimmed where it did not matter, from a model that is at hand."""
    if classifier_of(analysis.subject) is None:
        return
    table = analysis.table
    said = table.classes[table.predicted[row]]
    photo = f"{analysis.key}-{row}"
    wanted = st.session_state.get(state.ANALYSE_PART) == photo
    st.button(  # no toggle: it would keep the arrow keys for itself
        "Show the photo as it is" if wanted else "Show which part decided",
        key=f"{state.ANALYSE_LARGE}-part-{row}",
        icon=":material/visibility:",
        on_click=_look_at_part,
        args=(None if wanted else photo,),
    )
    if wanted:
        with st.spinner("Covering one part after another…"):
            overlay = _overlay(analysis.key, str(table.photos[row]), said, analysis)
        if overlay is not None:
            shown.image(overlay, width="stretch", alt="")
        st.caption(f"Bright parts speak for {plain(readable(said))}: with one of them covered, it looks less like it.")


def _look_at_part(photo: str | None) -> None:
    st.session_state[state.ANALYSE_PART] = photo


@st.cache_data(max_entries=64, show_spinner=False)
def _overlay(key: str, photo: str, said: str, _analysis: Analysis) -> NDArray[np.uint8] | None:
    content, classifier = pixels.read_photo(_analysis, photo), classifier_of(_analysis.subject)
    if content is None or classifier is None:
        return None
    drops = occlusion_map(classifier, classifier.read(content), said)
    return occlusion_overlay(open_photo(content, at_least=LONGEST), drops)


def _answers(analysis: Analysis, row: int) -> None:
    """What was said, in words and as bars."""
    table = analysis.table
    true, said = readable(table.names[table.true[row]]), readable(table.classes[table.predicted[row]])
    second = int(table.second[row])
    st.header(plain(f"{true}, called {'so' if true == said else said}".capitalize(), 100))
    facts = {
        "How sure": percent(float(table.confidence[row])),
        "Second guess": f"{readable(table.classes[second])}, {percent(float(table.probabilities[row, second]))}",
        "Doubt (entropy)": f"{table.entropy_bits[row]:.2f} of at most {math.log2(len(table.classes)):.2f} bits",
        "Verdict": _verdict(analysis, row),
    }
    cells = "".join(f"<div><dt>{title}</dt><dd>{safe(text)}</dd></div>" for title, text in facts.items())
    st.html(f'<dl class="facts">{cells}</dl>')
    bars = []
    for i in np.argsort(-table.probabilities[row], kind="stable")[:BARS].tolist():
        name = readable(table.classes[i])
        destination = DESTINATIONS[analysis.rulebook.classes[table.classes[i]].destination]
        bars.append((f"{name} (true)" if name == true else name, float(table.probabilities[row, i]), destination))
    st.altair_chart(top_bars(bars), width="stretch", key=f"{state.ANALYSE_LARGE}-bars-{row}")


def _verdict(analysis: Analysis, row: int) -> str:
    """Recycle, bin or unsure, and whether that is right."""
    one = analysis.table.pick(np.array([row]))
    verdict = str(one.verdicts[0])
    [judged], [should] = should_recycle(one, analysis.rulebook)
    truth = "recycle" if should else "bin"
    if not judged:
        return verdict
    return f"{verdict}, which is right" if verdict == truth else f"{verdict}; {truth} is right"
