"""What can be done with a run that has ended: publish, resume, rename, take away, delete and take back."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from components import state
from components.attempt import attempt
from components.words import plain, safe
from recycler import jobs, publishing
from recycler.history import history_page, history_picture
from recycler.runs import EPOCHS_FILE, POINTS_FILE, PREDICTIONS_FILE, RECIPE_FILE, Label, Run
from recycler.settings import settings
from recycler.shelf import list_models

TICK_SECONDS = 1.0


def run_actions(run: Run, key: str) -> None:
    """Draw the buttons; those that cannot work are not there."""
    record = run.record
    with st.container(horizontal=True):
        if record.state in ("done", "stopped") and (run.folder / PREDICTIONS_FILE).exists():
            _publish(run, key)
        if record.state in ("stopped", "failed") and st.button(
            "Resume", key=f"{state.TRAIN_RESUME}-{key}", icon=":material/play_arrow:", help="Goes on where it ended."
        ):
            attempt(partial(jobs.resume, record.run))
        _rename(run, key)
        _files(run, key)
        if st.button("Delete", key=f"{state.TRAIN_DELETE}-{key}", icon=":material/delete:", type="tertiary"):
            attempt(partial(throw_away, run, jobs.delete))
    _published(run)


def undo_delete() -> None:
    """After a run was deleted: that it was, and the way back."""
    deleted = st.session_state.get(state.TRAIN_TRASH)
    if not deleted:
        return
    name, title = deleted
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/delete: “{plain(title, 100)}” was deleted.", width="content")
        if st.button("Undo", key=state.TRAIN_UNDO, icon=":material/undo:", type="tertiary"):
            st.session_state[state.TRAIN_TRASH] = None
            attempt(partial(jobs.restore, name))


def throw_away(run: Run, action: Callable[[str], None]) -> None:
    """Delete or discard a run, and remember what could be taken back."""
    title = run.label.title
    action(run.record.run)
    st.session_state[state.TRAIN_TRASH] = (run.record.run, title)


def _publish(run: Run, key: str) -> None:
    with st.popover("Publish to the shelf", icon=":material/upload:", key=f"{state.TRAIN_PUBLISH}-{key}"):
        st.markdown("It becomes a model that everybody here can choose on Classify.")
        name = st.text_input(
            "Name of the model",
            run.record.run.rsplit("-", 2)[0],
            key=f"{state.TRAIN_PUBLISH}-name-{key}",
            help="Small letters, digits, - and _",
        )
        there = {card.name: card for card in list_models(settings().models)}.get(name)
        if there:
            st.markdown(f":material/info: Takes the place of “{plain(there.title)}”, version {there.version}.")
        if st.button("Publish", key=f"{state.TRAIN_PUBLISH}-go-{key}", disabled=not name):
            attempt(partial(publishing.start, run, name))


def _published(run: Run) -> None:
    """How publishing goes, watched while it does."""
    found = publishing.publication(run)
    if found is not None:
        under_way = found.state == "publishing"
        st.fragment(_publication, run_every=TICK_SECONDS if under_way else None)(run, under_way)


def _publication(run: Run, under_way: bool) -> None:
    found = publishing.publication(run)
    if found is None or (under_way and found.state != "publishing"):
        st.rerun()
    if found.state == "publishing":
        step = publishing.STEPS.index(found.doing) if found.doing in publishing.STEPS else 0
        st.progress((step + 0.5) / len(publishing.STEPS), f"Publishing as {plain(found.name)}: {found.doing}…")
    elif found.state == "failed":
        st.error(f"Not published as {plain(found.name)}. {plain(found.problem, 700)}", icon=":material/error:")
    else:
        card = {card.name: card for card in list_models(settings().models)}.get(found.name)
        if card is None:
            return
        same = card.parity.get("top1_agreement", 0.0)
        st.success(
            f"On the shelf as **{plain(card.name)}**, version {card.version}. Its copy for Classify gives the same "
            f"answer as the trained network for {same:.0%} of {card.parity.get('photos', 0):.0f} photos. "
            f"It says *unsure* below {card.thresholds.confidence:.0%}, set on {plain(card.thresholds_from)}.",
            icon=":material/check_circle:",
        )
        st.html(f'<a href="./?{state.MODEL}={safe(card.name)}" target="_self">Try it on Classify</a>')


def _rename(run: Run, key: str) -> None:
    label = run.label
    key = f"{state.TRAIN_RENAME}-{key}-{hash(label)}"  # once it is saved, a closed fold takes its place
    with (
        st.popover("Rename", type="tertiary", icon=":material/edit:", key=key),
        st.form(f"{key}-form", border=False),
    ):
        title = st.text_input("Name", label.title, max_chars=100)
        note = st.text_area("Note", label.note, max_chars=2000)
        if st.form_submit_button("Save"):
            run.label = Label(title=title.strip() or label.title, note=note)
            st.rerun()


def _files(run: Run, key: str) -> None:
    """What can be taken away. Charts are made when asked for."""
    with st.popover("Download", type="tertiary", icon=":material/download:", key=f"{state.TRAIN_FILES}-{key}"):
        files = {
            "History, a row an epoch (CSV)": EPOCHS_FILE,
            "Every batch (CSV)": POINTS_FILE,
            "Recipe (YAML)": RECIPE_FILE,
        }
        for title, name in files.items():
            path = run.folder / name
            if path.exists():
                st.download_button(
                    title,
                    path.read_bytes,
                    f"{run.record.run}-{name}",
                    key=f"{state.TRAIN_FILES}-{name}-{key}",
                    type="tertiary",
                    on_click="ignore",
                )
        if not run.epochs():
            return
        for title, make, suffix, kind in (
            ("Curves, a page that opens offline (HTML)", history_page, "html", "text/html"),
            ("Curves, a picture (PNG)", history_picture, "png", "image/png"),
        ):
            st.download_button(
                title,
                partial(make, run),
                f"{run.record.run}.{suffix}",
                kind,
                key=f"{state.TRAIN_FILES}-{suffix}-{key}",
                type="tertiary",
                on_click="ignore",
            )
