"""The left half of the Train page: which recipe."""

from typing import NamedTuple

import streamlit as st

from components import state
from recycler.errors import RecyclerError
from recycler.recipe import Recipe, load_recipe, parse_recipe
from recycler.runs import Label
from recycler.settings import PROJECT


class Wanted(NamedTuple):
    """What is to be trained, and what its run is called."""

    recipe: Recipe
    label: Label


def recipe_form() -> Wanted | None:
    """Draw the form; gives what is wanted at the very run in which *Start training* was pressed."""
    files = {path.stem: path for path in sorted((PROJECT / "recipes").rglob("*.yaml"))}
    name = st.selectbox("Recipe", sorted(files, key=lambda name: name != "quick"))
    own = st.file_uploader("Load a recipe", type="yaml", key=state.TRAIN_YAML)
    try:
        recipe = parse_recipe(own.getvalue().decode(), own.name) if own else load_recipe(files[name])
    except RecyclerError as problem:
        st.error(str(problem))
        return None
    st.markdown(recipe.description)
    pressed = st.button("Start training", type="primary", key=state.TRAIN_START, width="stretch")
    return Wanted(recipe, Label(title=recipe.title or recipe.name)) if pressed else None
