"""Which network: the backbone with its facts, the input size, the shape, and how much of it learns."""

from typing import Any

import streamlit as st

from components import state
from components.recipe_form.draft import Draft
from components.recipe_form.fields import Fields, bind
from components.words import plain
from recycler.backbone_facts import BackboneFacts, backbone_facts
from recycler.plan import learning_parameters
from recycler.recipe import Network, Stage

SIZES = (96, 300)  # pixels a side that the slider offers
SIZE_STEP = 4
FIRST = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2", "mobilenet", "mobilenet_v2")
LAYERS = 24  # that are unfrozen when no block is any longer, as in the thesis
HIDDEN: tuple[tuple[int, ...], ...] = ((), (128,), (256,), (512,), (1024,))


def network_form(draft: Draft, fields: Fields, classes: int, coarse: int) -> None:
    """Draw the choice of network. classes, coarse: of the chosen photos, to count what learns."""
    facts = _backbone(draft, fields)
    _input_size(draft, fields, facts)
    _unfreeze(draft, fields, facts)
    st.caption(_learning(draft, classes, coarse))
    with st.expander("More about the network", key=f"{state.TRAIN_FOLD}_network", on_change="rerun") as fold:
        if fold.open:
            _unfreeze_blocks(draft, facts)
            fields.draw("network.shape")
            _choice_of_tuples(draft, "network.hidden", "Dense layers before each output", HIDDEN, _units)
            fields.draw("network.dropout")
            fields.draw("network.batch_norm")
            fields.draw("network.flip")
            fields.draw("network.upscaling")
            if coarse:
                told = {(): "Classes", ("coarse",): "Classes and superclasses"}
                _choice_of_tuples(draft, "network.outputs", "Outputs", tuple(told), told.__getitem__)
                if draft.get("network.outputs"):
                    fields.draw("network.superclass_share")


def tuned_stage(draft: Draft) -> int | None:
    """The number of the last stage in which layers of the backbone learn."""
    numbers = [i for i, stage in enumerate(draft.get("stages")) if stage["method"] == "fine_tuning"]
    return numbers[-1] if numbers else None


def _backbone(draft: Draft, fields: Fields) -> BackboneFacts:
    table = backbone_facts()
    names = [*FIRST, *sorted(table.keys() - {*FIRST}, key=lambda name: table[name].title)]
    now = draft.get("network.backbone")
    unknown = [] if now in table else [now]
    st.selectbox(
        "Backbone",
        unknown + names,
        format_func=lambda name: table[name].title if name in table else name,
        help="A network that has seen 1.3 million photos of ImageNet. What it sees in a photo is where we begin.",
        **fields.bound("network.backbone", range_of=len(unknown) or ""),
    )
    fields.tell("network.backbone")
    facts = table.get(now, table[FIRST[0]])
    st.caption(_facts(facts))
    return facts


def _facts(facts: BackboneFacts) -> str:
    right = f"names {facts.top1:.0%} of ImageNet's photos right".replace("%", " %") if facts.top1 else ""
    weights = "weights come with the app" if facts.weights.startswith("package") else facts.weights
    told = [
        f"{facts.parameters / 1e6:.1f} million parameters in {facts.layers} layers",
        right,
        f"{facts.work(facts.default_size) / 1e9:.2g} billion multiplications a photo at {facts.default_size} pixels",
        f"{facts.licence}, {weights}",
    ]
    return "; ".join(filter(None, told)) + "."


def _input_size(draft: Draft, fields: Fields, facts: BackboneFacts) -> None:
    now = draft.get("network.input_size")
    odd = now if now % SIZE_STEP or not SIZES[0] <= now <= SIZES[1] else None
    st.slider(
        "Input size (pixels a side)",
        min(SIZES[0], now),
        max(SIZES[1], now),
        step=1 if odd else SIZE_STEP,
        help=f"{facts.title} was made for {facts.default_size}. Fewer are quicker, more show smaller things.",
        **fields.bound("network.input_size", range_of=odd or ""),
    )
    fields.tell("network.input_size")


def _unfreeze(draft: Draft, fields: Fields, facts: BackboneFacts) -> None:
    """How many of the last layers learn, where the method lets them; for blocks by name, which ones."""
    number = tuned_stage(draft)
    if number is None:
        return
    place = f"stages.{number}.unfreeze_layers"
    blocks = draft.get(f"stages.{number}.unfreeze_blocks")
    if blocks:
        st.markdown(f"Layers that learn: those whose names begin with {plain(' or '.join(blocks), 300)}.")
    else:
        most = max(facts.layers, draft.get(place))
        st.slider(
            "Layers to unfreeze",
            1,
            most,
            help="So many of the backbone's last layers learn in the last stage, counted as Keras counts them.",
            **fields.bound(place, range_of=most),
        )
    fields.tell(place)
    fields.tell(f"stages.{number}.unfreeze_blocks")


def _unfreeze_blocks(draft: Draft, facts: BackboneFacts) -> None:
    """Instead of the last layers: those whose names begin so, chosen from the list or typed."""
    number = tuned_stage(draft)
    if number is None:
        return
    place = f"stages.{number}"
    now = draft.get(f"{place}.unfreeze_blocks")
    key = f"{state.FIELD}_{place}.unfreeze_blocks_{facts.name}"

    def changed() -> None:
        blocks = st.session_state[key]
        layers = 0 if blocks else draft.get(f"{place}.unfreeze_layers") or LAYERS
        draft.put(place, draft.get(place) | {"unfreeze_blocks": blocks, "unfreeze_layers": layers})

    bind(key, now)
    names = [name for name, count in zip(facts.names, facts.learnable, strict=True) if count]
    st.multiselect(
        "Blocks to unfreeze by name",
        list(dict.fromkeys([*now, *reversed(names)])),
        key=key,
        on_change=changed,
        accept_new_options=True,
        placeholder="Instead of the last layers",
        help="All layers whose names begin so learn in the last stage. The beginning of a name can be typed, too.",
    )


def _learning(draft: Draft, classes: int, coarse: int) -> str:
    """The exact number of parameters that learn, stage by stage."""
    try:
        network = Network.model_validate(draft.get("network"))
        stages = [Stage.model_validate(stage) for stage in draft.get("stages")]
        counts = [learning_parameters(network, stage, classes, coarse) for stage in stages]
    except (ValueError, KeyError):
        return "What learns is counted when the mistakes are mended."
    told = [f"**{count:,}**" for count in counts]
    if len(told) == 1:
        return f"{told[0]} parameters learn." + (
            "" if stages[0].method == "fine_tuning" else " The backbone stays as it is."
        )
    return f"{' parameters learn first, then '.join(told)}."


def _units(hidden: tuple[int, ...]) -> str:
    return " and ".join(f"{units} units" for units in hidden) or "None"


def _choice_of_tuples(draft: Draft, place: str, label: str, choices: tuple[Any, ...], word: Any) -> None:
    """One of some lists, and the one that the recipe has."""
    now = tuple(draft.get(place))
    options = [*choices] if now in choices else [*choices, now]
    key = f"{state.FIELD}_{place}_{len(options)}"
    bind(key, now)
    st.selectbox(
        label, options, format_func=word, key=key, on_change=lambda: draft.put(place, list(st.session_state[key]))
    )
