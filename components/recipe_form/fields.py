"""Widgets for a recipe's fields: bounds, default and help come from the fields themselves."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import streamlit as st

from components import state
from components.recipe_form.draft import Draft
from components.words import plain
from recycler.plan import Problems
from recycler.recipe import Augmentation, Data, Network, Part, Recipe, Source, Stage

PARTS: dict[str, type[Part]] = {"data": Data, "network": Network, "augmentation": Augmentation, "stages": Stage}
UNITS = ("_degrees", "_fraction", "_share", "_levels", "_loss", "_factor")  # at the end of names; said beside the value
TITLES = {
    "epochs": "Most epochs",
    "per_class": "Photos a class",
    "patience": "Stop early after",
    "backbone_rate": "Backbone's share of it",
    "cutmix": "CutMix",
    "coarse_weight": "Superclass weight",
    "start_share": "Share of old weights",
    "ema": "Moving average of weights",
    "cache": "Keep frozen activations",
    "flip": "Look at the mirror image too",
    "upscaling": "Upscaling of small photos",
    "superclass_share": "Weight of the superclass",
    "copies": "Looks of each photo",
    "unfreeze_layers": "Layers to unfreeze",
    "data.seed": "Seed of the split",
    "data.validation": "Share for validation",
    "data.test": "Share for testing",
}
WORDS = {
    "multi_hot": "One output for all",
    "single": "Classes only",
    "shared": "Shared trunk",
    "separate": "Separate trunks",
    "adamw": "AdamW",
    "adam": "Adam",
    "sgd": "SGD",
    "cpu": "CPU",
    "gpu": "GPU",
}
TYPED = ("weight_decay", "ema")  # small differences count, so these are typed
LARGEST = 2**53 - 1  # whole number that a browser holds exactly


class Fields:
    """Draws the fields of a draft; a mistake stands under the field that it is in."""

    def __init__(self, draft: Draft, problems: Problems) -> None:
        self.draft, self.problems, self._told = draft, problems, set[str]()

    def draw(self, place: str, label: str = "", most: float | None = None) -> None:
        """The widget that fits the field at `place`. most: a lower bound than the field's own, for this data."""
        schema = schema_of(place)
        schema = schema | {"description": _sentence(schema.get("description", ""))}
        label = label or title_of(place)
        match kind_of(schema):
            case "choice":
                self._choice(place, label, schema)
            case "switch":
                st.toggle(label, **self.bound(place), help=schema["description"])
            case "text":
                st.text_input(label, **self.bound(place), help=schema["description"])
            case "log":
                self._log(place, label, schema)
            case _:
                self._number(place, label, schema, most)
        self.tell(place)

    def tell(self, place: str) -> None:
        """Say under a field what is wrong with it."""
        if (problem := self.problems.get(place)) is not None:
            self._told.add(place)
            tell(problem)

    def rest(self) -> list[str]:
        """Mistakes that stand under no field that was drawn."""
        return [f"{title_of(place)}: {text}" for place, text in self.problems.items() if place not in self._told]

    def bound(
        self,
        place: str,
        show: Callable[[Any], Any] = lambda value: value,
        take: Callable[[Any], Any] | None = None,
        range_of: object = "",
    ) -> dict[str, Any]:
        """Key and callback that bind a widget to a field. show: field to widget; take: widget to field.

        range_of: what the widget offers, where that changes: it is another widget then.
        """
        key = f"{state.FIELD}_{place}{range_of}"
        bind(key, show(self.draft.get(place)))

        def changed() -> None:
            value = st.session_state[key]
            self.draft.put(place, take(value) if take else value)

        return {"key": key, "on_change": changed}

    def _choice(self, place: str, label: str, schema: dict[str, Any]) -> None:
        st.segmented_control(
            label,
            schema["enum"],
            required=True,
            format_func=word_of,
            help=schema["description"],
            wrap=True,
            **self.bound(place),
        )

    def _log(self, place: str, label: str, schema: dict[str, Any]) -> None:
        """A slider whose stops are 1, 2 and 5 times powers of ten, and the value that the recipe has."""
        own = {self.draft.get(place)} - {*_stops(schema)}
        st.select_slider(
            label,
            sorted({*_stops(schema), *own}),
            format_func=lambda number: f"{number:.6g}",
            help=schema["description"],
            **self.bound(place, range_of=min(own, default="")),
        )

    def _typed(self, place: str, label: str, schema: dict[str, Any], whole: bool) -> None:
        """A number to type; 0 stands for None where that is allowed."""
        none = schema.get("nullable", False)
        number: Callable[[float], float] = int if whole else float
        least = number(0 if none else schema.get("minimum", 0))
        most = number(schema.get("maximum", 0.9999 if "exclusiveMaximum" in schema else LARGEST))
        st.number_input(
            label,
            least,
            most,
            step=number(1 if whole else 0.001),
            format=None if whole else "%g",
            help=schema["description"],
            **self.bound(
                place, show=lambda v: number(v or 0), take=lambda v: None if none and not v else number(v or least)
            ),
        )

    def _number(self, place: str, label: str, schema: dict[str, Any], most: float | None) -> None:
        """A slider for shares and strengths, a number to type for counts."""
        whole = schema["type"] == "integer"
        if whole or place.endswith(TYPED):
            self._typed(place, label, schema, whole)
            return
        upper = most or _bound(schema, "maximum", "exclusiveMaximum")
        least = _bound(schema, "minimum", "exclusiveMinimum")
        step = 10.0 ** math.floor(math.log10(upper - least) - 1.5)
        if "exclusiveMaximum" in schema:
            upper -= step
        if "exclusiveMinimum" in schema:
            least += step
        unit = schema.get("unit", "")
        st.slider(
            label + (f" ({unit})" if unit else ""),
            min(least, self.draft.get(place)),
            max(upper, self.draft.get(place)),
            step=step,
            help=schema["description"],
            **self.bound(place, show=float),
        )


def tell(problem: str | None) -> None:
    """Say what is wrong, if anything is."""
    if problem:
        st.markdown(f":red[:material/error: {plain(problem, 600)}]")


def bind(key: str, value: Any) -> None:
    """Let a widget show a value. Only where it shows another: so one that is being moved is not pulled back."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


@cache
def schema_of(place: str) -> dict[str, Any]:
    """The JSON schema of the field at a place such as "stages.1.epochs"; None as a value becomes "nullable"."""
    part: type[Part] = Recipe
    *path, name = place.split(".")
    for step in path:
        part = Source if step == "sources" else PARTS.get(step, part)
    schema = dict(part.model_json_schema()["properties"][name])
    for option in schema.pop("anyOf", []):
        schema |= {"nullable": True} if option == {"type": "null"} else option
    return schema


def kind_of(schema: dict[str, Any]) -> str:
    """Which widget a schema wants: choice, switch, text, log or number."""
    if "enum" in schema:
        return "choice"
    kinds = {"boolean": "switch", "string": "text"}
    return kinds.get(schema.get("type", ""), "log" if schema.get("scale") == "log" else "number")


def title_of(place: str) -> str:
    """A field's name as a label: "rotation_degrees" becomes "Rotation"."""
    name = place.rpartition(".")[2]
    if title := TITLES.get(place) or TITLES.get(name):
        return title
    for unit in UNITS:
        name = name.removesuffix(unit)
    return name.replace("_", " ").capitalize().replace("Zca", "ZCA").replace("Jpeg", "JPEG artefacts")


def word_of(choice: Any) -> str:
    """A choice as a label."""
    return WORDS.get(str(choice), str(choice).replace("_", " ").capitalize())


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _stops(schema: dict[str, Any], smallest: float = 1e-6) -> Sequence[float]:
    most = _bound(schema, "maximum", "exclusiveMaximum")
    powers = range(round(math.log10(smallest)), round(math.log10(most)) + 1)
    return [float(f"{digit}e{power}") for power in powers for digit in (1, 2, 5) if float(f"{digit}e{power}") <= most]


def _bound(schema: dict[str, Any], *names: str) -> float:
    return next((float(schema[name]) for name in names if name in schema), 0.0)
