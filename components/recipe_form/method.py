"""How the network learns: the presets, each with what it is good for."""

from typing import Any

import streamlit as st

from components import state
from components.recipe_form.draft import Draft
from components.recipe_form.fields import bind
from recycler.presets import METHODS
from recycler.recipe import Augmentation, Recipe, Stage


def method_form(draft: Draft) -> None:
    """Draw the choice of method; one that is chosen sets stages and augmentation, and perhaps the network."""

    def changed() -> None:
        draft.update(apply_method(draft.recipe, st.session_state[state.TRAIN_METHOD]))

    now = method_of(draft.recipe)
    bind(state.TRAIN_METHOD, now)
    st.pills(
        "Method",
        list(METHODS),
        required=True,
        wrap=True,
        format_func=lambda name: METHODS[name].title,
        key=state.TRAIN_METHOD,
        on_change=changed,
        label_visibility="collapsed",
    )
    st.caption(METHODS[now].summary)


def apply_method(fields: dict[str, Any], method: str) -> dict[str, Any]:
    """A recipe's fields with a method's in their place, every one written out."""
    chosen = METHODS[method].apply(fields)
    written = {
        "augmentation": Augmentation.model_validate(chosen["augmentation"]).model_dump(mode="json"),
        "stages": [Stage.model_validate(stage).model_dump(mode="json") for stage in chosen["stages"]],
    }
    return {name: written.get(name, chosen[name]) for name in Recipe.model_fields}


def method_of(fields: dict[str, Any]) -> str:
    """The method that a recipe follows: the thesis's to the letter, or else by what learns."""
    for name in ("thesis", "thesis_home_photos"):
        wanted = apply_method(fields, name)
        if all(fields[part] == wanted[part] for part in ("network", "stages")):
            return name
    tuned = any(stage["method"] == "fine_tuning" for stage in fields["stages"])
    return "fine_tuning" if tuned else "feature_extraction"
