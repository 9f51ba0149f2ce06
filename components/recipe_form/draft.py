"""The recipe that this session is writing: plain fields, kept on disk so that a reload finds them."""

import copy
from typing import Any

import streamlit as st

from components import state
from recycler.drafts import keep_draft, load_draft, new_identity
from recycler.recipe import Augmentation, Data, Network, Part, Recipe, Source, Stage

Step = str | int
KEPT = ("recipe", "note", "own", "parent")  # of a draft, on disk


class Draft:
    """A view of the session's draft. Fields are addressed as in "stages.1.epochs"."""

    def __init__(self, kept: dict[str, Any]) -> None:
        self._kept = kept

    @property
    def recipe(self) -> dict[str, Any]:
        """The recipe's fields, every one written out; perhaps not yet a recipe that can be trained."""
        fields: dict[str, Any] = self._kept["recipe"]
        return fields

    @property
    def note(self) -> str:
        """What is to be remembered about the run."""
        return str(self._kept["note"])

    @note.setter
    def note(self, text: str) -> None:
        self._kept["note"] = text
        self._keep()

    def is_own(self, place: str) -> bool:
        """Whether the visitor has set this field; until then title and rules follow the photos."""
        return place in self._kept["own"]

    def put_own(self, place: str, value: Any) -> None:
        """Change a field as the visitor wants it to stay; an empty text is no wish."""
        others = [own for own in self._kept["own"] if own != place]
        self._kept["own"] = [*others, place] if value else others
        self.put(place, value)

    @property
    def parent(self) -> str:
        """The model or run that is trained again, see RunRecord; "" for none."""
        return str(self._kept["parent"])

    @property
    def touched(self) -> bool:
        """Whether the visitor has changed anything yet."""
        return bool(self._kept["touched"])

    def get(self, place: str) -> Any:
        """The value of a field."""
        value: Any = self.recipe
        for step in steps(place):
            value = value[step]
        return value

    def put(self, place: str, value: Any) -> None:
        """Change a field, and keep the draft."""
        *path, last = steps(place)
        part: Any = self.recipe
        for step in path:
            part = part[step]
        part[last] = value
        self._keep()

    def update(self, fields: dict[str, Any]) -> None:
        """Change several of the recipe's own fields."""
        self.recipe.update(fields)
        self._keep()

    def replace(self, fields: dict[str, Any]) -> None:
        """Begin anew from these fields."""
        self._kept |= {"recipe": copy.deepcopy(fields), "own": [], "parent": ""}
        self._keep()

    def _keep(self) -> None:
        self._kept["touched"] = True
        identity = self._kept.setdefault("identity", new_identity())
        st.query_params[state.TRAIN_ID] = identity
        keep_draft(identity, {name: self._kept[name] for name in KEPT})


def this_draft(first: dict[str, Any]) -> Draft:
    """The draft that the address names, or what this session holds, or else a first recipe."""
    kept = st.session_state.get(state.TRAIN_DRAFT)
    identity = st.query_params.get(state.TRAIN_ID, "")
    if kept is None or identity not in ("", kept.get("identity")):
        found = load_draft(identity) or {}
        if "recipe" in found:
            kept = {"recipe": _whole(found["recipe"]) or first, "identity": identity, "touched": True}
            kept |= {name: str(found.get(name, "")) for name in ("note", "parent")}
            kept |= {"own": [str(place) for place in found.get("own", [])]}
        elif kept is None:
            kept = {"recipe": first, "note": "", "parent": "", "touched": False, "own": []}
        st.session_state[state.TRAIN_DRAFT] = kept
    if kept["touched"]:
        st.query_params[state.TRAIN_ID] = kept["identity"]  # coming back from another page
    return Draft(kept)


def steps(place: str) -> list[Step]:
    """Keys and places in lists, from "stages.1.epochs"."""
    return [int(step) if step.isdigit() else step for step in place.split(".")]


def _whole(fields: Any) -> dict[str, Any] | None:
    """Fields of a draft file, mistakes among them, if none is missing; of a file of an older version some may."""
    parts: dict[str, type[Part]] = {"data": Data, "network": Network, "augmentation": Augmentation}
    try:
        stages, sources = fields["stages"], fields["data"]["sources"]
        whole = fields.keys() == Recipe.model_fields.keys() and all(
            part.keys() == names
            for part, names in [
                *((fields[name], set(kind.model_fields)) for name, kind in parts.items()),
                *((stage, set(Stage.model_fields)) for stage in stages),
                *((source, set(Source.model_fields)) for source in sources),
            ]
        )
    except (KeyError, TypeError, AttributeError):
        return None
    return fields if whole and stages else None
