"""The left half of the Train page: a recipe as a form, in the order in which one thinks."""

from typing import NamedTuple

import streamlit as st

from components import data_sets, state
from components.gpus import gpus_in_words
from components.recipe_form.advanced import advanced_form
from components.recipe_form.augmentation import augmentation_form
from components.recipe_form.data import data_form
from components.recipe_form.draft import Draft, this_draft
from components.recipe_form.fields import Fields, bind
from components.recipe_form.file import file_menu, first_recipe
from components.recipe_form.method import method_form
from components.recipe_form.network import network_form
from components.run_words import parent_title
from components.words import about, plain, readable, short_name
from recycler.errors import DatasetError
from recycler.estimate import Estimate, estimate
from recycler.jobs import device_of
from recycler.plan import check_recipe
from recycler.recipe import Data, Recipe
from recycler.runs import Label
from recycler.settings import settings

__all__ = ["Wanted", "recipe_form"]


class Wanted(NamedTuple):
    """What is to be trained, what its run is called, and what it is trained again from: see RunRecord."""

    recipe: Recipe
    label: Label
    parent: str = ""


def recipe_form() -> Wanted | None:
    """Draw the form; gives what is wanted at the very run in which *Start training* was pressed."""
    draft = this_draft(first_recipe())
    native, classes, coarse = _size_and_classes(draft)
    recipe, problems = check_recipe(draft.recipe, native, classes)
    fields = Fields(draft, problems)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Photos", anchor=False)
        file_menu(draft, recipe)
    if draft.parent:
        st.caption(f":material/replay: Again, from {plain(parent_title(draft.parent))}")
    hint = st.empty()
    chosen = data_form(draft, fields)
    st.subheader("Network", anchor=False)
    network_form(draft, fields, len(classes), coarse)
    st.subheader("Method", anchor=False)
    method_form(draft)
    if draft.get("emphasis"):
        names = ", ".join(map(readable, draft.get("emphasis")))
        st.caption(f":material/priority_high: Photos of {plain(names, 300)} count more; see Advanced.")
    st.subheader("Augmentation", anchor=False)
    augmentation_form(draft, fields, native or draft.get("network.input_size"))
    with st.expander("Advanced", key=f"{state.TRAIN_FOLD}_advanced", on_change="rerun", icon=":material/tune:") as fold:
        if fold.open:
            advanced_form(draft, fields, classes)
    _name(draft)
    mistakes = fields.rest()
    for text in mistakes:
        st.markdown(f":red[:material/error: {plain(text, 400)}]")
    if problems and not mistakes:
        st.markdown(":red[:material/error: Something above has to be mended first.]")
    if recipe is not None and chosen is not None:
        expected = estimate(recipe, chosen[1], native)
        _expected(recipe, expected)
        if not draft.touched:
            hint.markdown(f"New here? This recipe is ready: just start it. It takes **{about(expected.seconds)}**.")
    pressed = st.button(
        "Start training",
        type="primary",
        key=state.TRAIN_START,
        icon=":material/play_arrow:",
        width="stretch",
        disabled=recipe is None or chosen is None,
    )
    if not pressed or recipe is None or chosen is None:
        return None
    return Wanted(recipe, Label(title=recipe.title or recipe.name, note=draft.note), draft.parent)


def _expected(recipe: Recipe, expected: Estimate) -> None:
    """Time, memory and disk in words."""
    time = about(expected.seconds)
    if expected.most_seconds > 1.25 * expected.seconds:
        time += f", {about(expected.most_seconds)} at most"
    disk = f", {expected.disk_bytes / 1e9:.1f} GB of disk" if expected.disk_bytes > 1e8 else ""
    here = settings().executor == "local"
    gpu = f" On the GPU it takes less: {plain(gpus_in_words(), 100)}." if here and device_of(recipe) == "gpu" else ""
    st.markdown(f":material/timer: **{time.capitalize()}**, {expected.memory_bytes / 1e9:.1f} GB of memory{disk}.{gpu}")


def _size_and_classes(draft: Draft) -> tuple[int | None, tuple[str, ...], int]:
    """Pixels a side of photos that are small, classes, number of superclasses; of photos that cannot be had, none."""
    try:
        data = data_sets.load(Data.model_validate(draft.get("data")))
    except (DatasetError, ValueError):
        return None, (), 0
    return data.native_size, data.classes, len(set(dict(data.coarse).values()))


def _name(draft: Draft) -> None:
    """Title and note; the recipe's short name follows the title."""

    def titled() -> None:
        title = st.session_state[state.TRAIN_TITLE].strip()
        draft.put_own("title", title)
        draft.put("name", short_name(title))

    def noted() -> None:
        draft.note = st.session_state[state.TRAIN_NOTE]

    bind(state.TRAIN_TITLE, draft.get("title"))
    st.text_input("Name", key=state.TRAIN_TITLE, max_chars=100, on_change=titled)
    bind(state.TRAIN_NOTE, draft.note)
    st.text_area(
        "Note",
        key=state.TRAIN_NOTE,
        max_chars=2000,
        height=68,
        on_change=noted,
        placeholder="What you want to find out",
    )
