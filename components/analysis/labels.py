"""Wrong labels put right, from wherever a photo is looked at, and taken back."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from components import data_sets, state
from components.attempt import attempt_on_click
from components.words import count_of, plain, readable
from recycler.analysis import Analysis
from recycler.analysis.corrections import corrected, labels_now
from recycler.errors import DatasetError
from recycler.labels import Change, change_label, history, locate, undo
from recycler.predictions import Predictions
from recycler.recipe import Source

SHOWN = 50  # corrected labels in the list, the last ones first


def with_labels_of_now(analysis: Analysis) -> Analysis:
    """The analysis with the labels that count now: a photo put right is right at once, one left out is gone."""
    st.session_state.pop(state.ANALYSE_CHANGED, None)
    labels = labels_now(analysis.photos, analysis.mapping) if analysis.photos else {}
    if not labels:
        return analysis
    key = hashlib.sha256(repr(sorted(labels.items(), key=str)).encode()).hexdigest()[:12]
    return replace(analysis, key=f"{analysis.key}-{key}", table=_corrected(f"{analysis.key}-{key}", analysis, labels))


def catch_up() -> None:
    """Draw the whole page anew when a label was put right in a part of it."""
    if st.session_state.get(state.ANALYSE_CHANGED):
        st.rerun()


def ask(analysis: Analysis, row: int) -> None:
    """Draw what a photo counts as, to be changed and taken back; nothing where its data set cannot be found."""
    named = {source.name: source for source in _sources(analysis)}
    try:
        name, photo = locate(str(analysis.table.photos[row]), named)
    except DatasetError:
        return
    source = named[name]
    changes = [change for change in history(source.name) if change.photo == photo]
    if changes:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/edit: {_words(changes[-1])}", width="content")
            _undo(source.name, changes[-1])
        return
    with st.expander("Wrong label?", key=f"{state.ANALYSE_LABEL}-fold-{row}", on_change="rerun") as fold:
        if fold.open:
            _choices(source, photo, analysis.table.names[analysis.table.true[row]])


def show_changes(analysis: Analysis) -> None:
    """Draw the list of labels that were put right in these data, behind a fold; nothing while there are none."""
    changes = [(source.name, change) for source in _sources(analysis) for change in history(source.name)]
    if not changes:
        return
    with st.expander("Corrected labels", icon=":material/edit:"):  # a label with their number would close it each time
        count = count_of(len(changes), "photo")
        st.caption(f"{count}. The data set itself is never touched. The next training and evaluation use these labels.")
        for name, change in sorted(changes, key=lambda pair: pair[1].when, reverse=True)[:SHOWN]:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"{plain(change.photo)}: {_words(change)}", width="content")
                _undo(name, change)


def _choices(source: Source, photo: str, true: str) -> None:
    """The classes of its data set, but for those that the recipe leaves out, and leaving the photo out."""
    usual = [name for name in data_sets.whole(source.name).classes if source.labels.get(name, name) is not None]
    box = f"{state.ANALYSE_LABEL}-{source.name}-{photo}"

    def change(now: str | None) -> None:
        _do(lambda: change_label(source.name, photo, now, data_sets.whole))

    def chosen() -> None:
        if now := st.session_state[box]:
            change(now)

    st.selectbox(
        "It is",
        sorted((name for name in usual if source.labels.get(name, name) != true), key=readable),
        index=None,
        format_func=readable,
        placeholder="What it really is…",
        key=box,
        on_change=chosen,
    )
    st.button("Leave this photo out", key=f"{box}-out", on_click=change, args=(None,), icon=":material/block:")
    st.caption(
        "If no class of this data set fits, leave the photo out. The photo itself stays as it is. The next training "
        "and evaluation use this label; it can be undone."
    )


def _do(action: Callable[[], object]) -> None:
    st.session_state[state.ANALYSE_CHANGED] = True
    attempt_on_click(action)


def _words(change: Change) -> str:
    was = f"it was {plain(readable(change.before))}" if change.before else "it was left out"
    return f"**{plain(readable(change.now))}** now; {was}" if change.now else f"**left out** now; {was}"


def _undo(dataset: str, change: Change) -> None:
    st.button(
        "Undo",
        key=f"{state.ANALYSE_LABEL}-undo-{change.id}",
        type="tertiary",
        on_click=_do,
        args=(lambda: undo(dataset, change),),
    )


def _sources(analysis: Analysis) -> tuple[Source, ...]:
    return analysis.photos.sources if analysis.photos else ()


@st.cache_resource(max_entries=4, show_spinner=False)
def _corrected(key: str, _analysis: Analysis, _labels: dict[str, str | None]) -> Predictions:
    return corrected(_analysis.table, _labels)
