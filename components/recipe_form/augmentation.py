"""What is done to training photos: a preset, each augmentation as a switch with its strength, and a look at it."""

from typing import Any

import streamlit as st

from components import state
from components.recipe_form.draft import Draft
from components.recipe_form.fields import Fields, bind, schema_of, title_of
from components.recipe_form.preview import preview
from recycler.presets import AUGMENTATIONS
from recycler.recipe import Augmentation

LOOKS = 8  # of each photo, kept, when a preset is switched on
PRESETS = {
    "none": "Photos are learned from as they are.",
    "relevant": "As in the thesis: turned a little, shifted, nearer or farther, darker or brighter, mirrored.",
    "heavy": "As in the thesis: the same and too much of it. It hurts, and shows that more is not always better.",
    "phone": "As a phone at home sees things: askew, by lamp light, a little out of focus.",
}
KINDS = {
    "View": (
        "rotation_degrees horizontal_shift_fraction vertical_shift_fraction zoom_fraction crop_fraction "
        "stretch_fraction shear_degrees slant_fraction horizontal_flip_share vertical_flip_share"
    ).split(),
    "Light and colour": (
        "brightness_fraction contrast_fraction gamma_fraction colour_cast_fraction channel_shift_levels "
        "saturation_fraction hue_degrees"
    ).split(),
    "Camera and ground": ("blur_share jpeg_loss cutout_fraction background_share zca_fraction rescale_factor").split(),
}


def augmentation_form(draft: Draft, fields: Fields, size: int) -> None:
    """Draw presets, and behind folds a look at what they do, and every augmentation on its own.

    size: pixels a side in which training augments these photos.
    """

    def changed() -> None:
        _use_preset(draft, st.session_state[state.TRAIN_PRESET])

    now = draft.get("augmentation.preset")
    bind(state.TRAIN_PRESET, now)
    st.segmented_control(
        "Augmentation",
        list(PRESETS),
        required=True,
        format_func=str.capitalize,
        key=state.TRAIN_PRESET,
        on_change=changed,
        label_visibility="collapsed",
    )
    own = _changed(draft)
    st.caption(PRESETS[now] + (f" Changed by you: {', '.join(own)}." if own else ""))
    fields.tell("augmentation.zca_fraction")
    if "augmentation.zca_fraction" not in fields.problems:
        preview(draft, size)
    with st.expander("Each one on its own", key=f"{state.TRAIN_FOLD}_each", on_change="rerun") as fold:
        if fold.open:
            _each(draft, fields)
    fields.tell("augmentation.copies")


def strength_to_begin_with(field: str) -> float:
    """What an augmentation is switched on with: a preset's strength, or else a quarter of the most."""
    known = [preset[field] for preset in AUGMENTATIONS.values() if field in preset]
    return float(known[0] if known else schema_of(f"augmentation.{field}")["maximum"] / 4)


def _use_preset(draft: Draft, preset: str) -> None:
    """A preset's strengths; looks that are kept stay as many as they were, and go where nothing is changed."""
    looks = draft.get("augmentation.copies") or LOOKS
    fields: dict[str, Any] = {"preset": preset}
    if preset != "none":
        each_epoch = draft.get("augmentation.each_epoch") if draft.get("augmentation.copies") else "one_look"
        fields |= {"copies": looks, "each_epoch": each_epoch}
    draft.put("augmentation", Augmentation.model_validate(fields).model_dump(mode="json"))


def _changed(draft: Draft) -> list[str]:
    """Titles of the augmentations that differ from the preset's."""
    preset = Augmentation(preset=draft.get("augmentation.preset"))
    strengths = [field for kind in KINDS.values() for field in kind]
    return [title_of(f).lower() for f in strengths if draft.get(f"augmentation.{f}") != getattr(preset, f)]


def _each(draft: Draft, fields: Fields) -> None:
    for kind, names in KINDS.items():
        st.markdown(f"**{kind}**")
        for pair in (names[i : i + 2] for i in range(0, len(names), 2)):
            for column, name in zip(st.columns(2), pair, strict=False):
                with column:
                    _one(draft, fields, name)
        if kind == "View":
            fields.draw("augmentation.fill_mode")
    st.markdown("**How often**")
    fields.draw("augmentation.copies")
    fields.draw("augmentation.each_epoch")


def _one(draft: Draft, fields: Fields, name: str) -> None:
    """A switch, and the strength while it is on."""
    place = f"augmentation.{name}"
    key = f"{state.TRAIN_SWITCH}_{name}"
    off = schema_of(place)["default"]

    def switched() -> None:
        draft.put(place, strength_to_begin_with(name) if st.session_state[key] else off)

    bind(key, draft.get(place) != off)
    st.toggle(title_of(place), key=key, on_change=switched, help=schema_of(place)["description"].capitalize())
    if draft.get(place) != off:
        fields.draw(place, label="Up to" if name != "rescale_factor" else "Factor")
