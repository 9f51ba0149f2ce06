"""Which class of a model the photos of a class count as, where the two were named by different people.

Equal names are the same class, whatever their case and gaps. MEANINGS holds what else is true of all photos of a class.
A class that holds things of several of a model's classes counts as none: a bottle is of glass or of plastic. Its photos
keep their own name, say nothing about the model's classes, and count for recycling or bin where a rulebook knows them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from recycler.errors import DatasetError


class Meaning(NamedTuple):
    """What a class counts as, and why."""

    counts_as: str
    because: str


SAME = "the same name"
_FOOD = Meaning("biological", "food that nobody eats is food waste")
_CAN = Meaning("metal", "drinks and food cans are of aluminium or steel")
_SHADE = Meaning("glass", "glass of one colour")
_ANOTHER_NAME = "another name for the same things"

# Class of a data set, in small letters with underscores, to a class that models have. Left out on purpose: bottle,
# bowl, cup and plate, each of several materials; whatever has a plug, which no household class holds; flowers and
# trees, which stand alive in their photos; and whatever would let a wide class count as a narrow one, as metal as can.
MEANINGS: dict[str, Meaning] = {
    # CIFAR-100
    **dict.fromkeys(("apple", "mushroom", "orange", "pear", "sweet_pepper"), _FOOD),
    "can": _CAN,
    # Names that other collections of waste photos use
    **dict.fromkeys(("food", "food_organics", "food_waste", "organic"), _FOOD),
    **dict.fromkeys(("cans", "metal_cans"), _CAN),
    **dict.fromkeys(("aluminium", "aluminum"), Meaning("metal", "a metal")),
    **dict.fromkeys(("brown_glass", "green_glass", "white_glass"), _SHADE),
    "batteries": Meaning("battery", _ANOTHER_NAME),
    "shoe": Meaning("shoes", _ANOTHER_NAME),
    **dict.fromkeys(("textile", "textiles"), Meaning("clothes", _ANOTHER_NAME)),
    **dict.fromkeys(("general_waste", "residual"), Meaning("trash", _ANOTHER_NAME)),
}

ALIKE: dict[str, str] = {name: meaning.counts_as for name, meaning in MEANINGS.items()}


def meanings(data: Sequence[str], model: Sequence[str]) -> dict[str, Meaning]:
    """What each class of the photos counts as, as far as that is certain; those that count as none are missing."""
    known = {_plain(name): name for name in model} | {name: name for name in model}
    found: dict[str, Meaning] = {}
    for name in data:
        meaning = MEANINGS.get(_plain(name))
        same = known.get(name, known.get(_plain(name)))
        if same is not None:
            found[name] = Meaning(same, SAME)
        elif meaning and meaning.counts_as in model:
            found[name] = meaning
    return found


def map_classes(
    data: Sequence[str], model: Sequence[str], chosen: Mapping[str, str | None] | None = None
) -> dict[str, str]:
    """Data class to the model's class that it counts as; those that count as none are missing.

    data, model: class names. chosen: goes before `meanings`; None for a class that is to count as none.
    Raises DatasetError for a class that is not there, and for one of the model's own that is to count as none: its
    photos would go by that name all the same.
    """
    wanted = dict(chosen or {})
    _refuse_unknown("The photos have", wanted, data)
    _refuse_unknown("The model has", (name for name in wanted.values() if name is not None), model)
    mapping = {name: meaning.counts_as for name, meaning in meanings(data, model).items()}
    for name, counts_as in wanted.items():
        if counts_as is not None:
            mapping[name] = counts_as
        elif name in model:
            raise DatasetError(f"“{name}” is a class of the model itself: it counts as that, or name another one.")
        else:
            mapping.pop(name, None)
    return mapping


def parse_mapping(pairs: Iterable[str]) -> dict[str, str | None]:
    """A mapping from texts "can=metal", or "can=" for a class that is to count as none. Raises DatasetError."""
    found: dict[str, str | None] = {}
    for pair in pairs:
        name, equals, target = pair.partition("=")
        if not name or not equals:
            raise DatasetError(
                f"“{pair}” does not map a class: write it as can=metal, or can= to leave it without one."
            )
        found[name.strip()] = target.strip() or None
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


def _refuse_unknown(whose: str, names: Iterable[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean “{near[0]}”?" if near else f"There are {', '.join(known[:12])}."
            raise DatasetError(f"{whose} no class “{name}”; {hint}")
