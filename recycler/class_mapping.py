"""Which class of a model a class of other photos counts as.

Equal names are the same class. Beyond that only what holds for every photo of a class is written down here: a can is
metal, but a bottle may be glass or plastic, and a cup anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from recycler.errors import DatasetError

_FRUIT = ("apple", "mushroom", "orange", "pear", "sweet_pepper")  # biological: what nobody eats is food waste
ALIKE: dict[str, str] = {"can": "metal"} | dict.fromkeys(_FRUIT, "biological")


def map_classes(
    data: Sequence[str], model: Sequence[str], chosen: Mapping[str, str | None] | None = None
) -> dict[str, str]:
    """Data class to the model's class that it counts as; those that count as none are missing.

    data, model: class names. chosen: goes first; None for a class that is to count as none.
    Raises DatasetError for a class that is not there.
    """
    wanted = dict(chosen or {})
    _refuse_unknown("The photos have", wanted, data)
    _refuse_unknown("The model has", (name for name in wanted.values() if name is not None), model)
    found = {}
    for name in data:
        target = wanted[name] if name in wanted else name if name in model else ALIKE.get(name)
        if target is not None and target in model:
            found[name] = target
    return found


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


def _refuse_unknown(whose: str, names: Iterable[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean “{near[0]}”?" if near else f"There are {', '.join(known[:12])}."
            raise DatasetError(f"{whose} no class “{name}”; {hint}")
