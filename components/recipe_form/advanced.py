"""What few people change: each stage's schedule, classes that count more, shares of the split, seeds, the device."""

from collections.abc import Sequence

import streamlit as st

from components import state
from components.gpus import gpus_in_words, gpus_now
from components.recipe_form.draft import Draft
from components.recipe_form.fields import Fields, bind, schema_of
from components.words import plain, readable
from recycler.again import FACTOR

# Fields of a stage that most would look for, then the others; what the other parts of the form draw is left out.
MAIN = ("epochs", "batch_size", "learning_rate", "schedule", "patience")
REST = (
    "optimiser",
    "warm_up",
    "backbone_rate",
    "weight_decay",
    "label_smoothing",
    "class_weights",
    "object_weight",
    "recycling_weight",
    "mixup",
    "cutmix",
    "ema",
    "start_share",
    "cache",
)
WHOLE = ("device", "mixed_precision", "seed", "data.validation", "data.test", "data.seed")
SOURCES = ("masked_prior", "source_shift", "calibration")  # only matter where several sources are joined


def advanced_form(draft: Draft, fields: Fields, classes: Sequence[str]) -> None:
    """Draw one stage's settings, then those of the whole recipe. classes: of the chosen photos."""
    number = _which_stage(draft)
    place = f"stages.{number}"
    _draw(fields, [f"{place}.{name}" for name in MAIN])
    with st.expander("More about this stage", key=f"{state.TRAIN_FOLD}_stage_{number}", on_change="rerun") as fold:
        if fold.open:
            useless = {"start_share"} if number == 0 else set()
            if draft.get(f"{place}.method") == "feature_extraction":
                useless.add("cutmix")
            _draw(fields, [f"{place}.{name}" for name in REST if name not in useless])
            if draft.get("network.outputs"):
                fields.draw(f"{place}.coarse_weight")
    st.markdown("**The whole recipe**")
    _emphasis(draft, fields, classes)
    _draw(fields, list(WHOLE))
    st.caption(f"The GPU here: {plain(gpus_in_words())}." if gpus_now() else "There is no GPU here.")
    if len(draft.get("data.sources")) > 1:
        _draw(fields, list(SOURCES))


def _which_stage(draft: Draft) -> int:
    """The stage whose settings are shown; asked only where there are several."""
    stages = draft.get("stages")
    if len(stages) == 1:
        return 0
    key = f"{state.TRAIN_STAGE}_{len(stages)}"
    st.session_state.setdefault(key, 0)
    bind(key, min(st.session_state[key], len(stages) - 1))
    number = st.segmented_control(
        "Stage",
        range(len(stages)),
        required=True,
        format_func=lambda i: f"{i + 1}. {stages[i]['method'].replace('_', ' ').capitalize()}",
        key=key,
        label_visibility="collapsed",
    )
    return number or 0


def _emphasis(draft: Draft, fields: Fields, classes: Sequence[str]) -> None:
    """The classes whose photos count more, each with how many times as much."""
    now = draft.get("emphasis")
    schema = schema_of("emphasis")
    bounds = schema["additionalProperties"]

    def chosen() -> None:
        draft.put("emphasis", {name: now.get(name, FACTOR) for name in st.session_state[state.TRAIN_EMPHASIS]})

    bind(state.TRAIN_EMPHASIS, [*now])
    st.multiselect(
        "Classes that count more",
        [*dict.fromkeys([*classes, *now])],
        format_func=readable,
        key=state.TRAIN_EMPHASIS,
        on_change=chosen,
        placeholder="None",
        help=f"{schema['description'].capitalize()}.",
    )
    fields.tell("emphasis")
    for name, factor in now.items():
        key = f"{state.FIELD}_emphasis_{name}"
        bind(key, float(factor))
        st.slider(
            f"{plain(readable(name))}: times as much",
            float(bounds["minimum"]),
            float(bounds["maximum"]),
            step=0.5,
            key=key,
            on_change=lambda key=key, name=name: draft.put("emphasis", {**now, name: st.session_state[key]}),
        )


def _draw(fields: Fields, places: list[str]) -> None:
    """Two fields side by side where there is room."""
    for pair in (places[i : i + 2] for i in range(0, len(places), 2)):
        for column, place in zip(st.columns(2), pair, strict=False):
            with column:
                fields.draw(place)
