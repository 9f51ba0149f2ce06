"""A sweep: a recipe with lists where one value belongs is several recipes, one for each combination of the values.
`learning_rate: [0.001, 0.0003]` and `dropout: [0.2, 0.5]` are four trainings.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, get_origin

from recycler import jobs
from recycler.errors import RecipeError
from recycler.recipe import Part, Recipe, part_of, read_fields, recipe_of
from recycler.runs import Label

MOST = 100  # recipes; more is a mistake more often than a wish

Place = tuple[str | int, ...]


class Variant(NamedTuple):
    """One recipe of a sweep. title: for its run, the values that tell it from the others."""

    recipe: Recipe
    title: str


def load_sweep(text: str, origin: str = "the recipe") -> list[Variant]:
    """The recipes that a YAML text stands for, in the order of its values: one where it holds no such lists.

    Raises RecipeError for text that is no recipe, for a value that does not fit, and for more than MOST recipes.
    """
    fields = read_fields(text, origin)
    lists = dict(_lists(fields, Recipe))
    count = 1
    for place, values in lists.items():
        if not values:
            raise RecipeError(f"{origin}: {_named(place)} holds an empty list; give it at least one value.")
        count *= len(values)
    if count > MOST:
        raise RecipeError(f"{origin} stands for {count:,} trainings, and {MOST} are the most: leave out some values.")
    variants = []
    for combination in itertools.product(*lists.values()):
        chosen = dict(zip(lists, combination, strict=True))
        recipe = recipe_of(_with(fields, chosen), origin)
        said = ", ".join(f"{_named(place)} {value}" for place, value in chosen.items())
        title = recipe.title or recipe.name
        variants.append(Variant(recipe, f"{title[: 98 - len(said)]}: {said}"[:100] if said else title))
    return variants


def queue(variants: Sequence[Variant], parent: str = "") -> Iterator[tuple[str, Variant]]:
    """Queue each recipe as a run; gives its name as soon as it is. Raises what `jobs.start` raises."""
    for variant in variants:
        yield jobs.start(variant.recipe, Label(title=variant.title), parent), variant


def _lists(content: Any, part: type[Part], at: Place = ()) -> Iterator[tuple[Place, list[Any]]]:
    """Places of lists where the recipe has one value."""
    for name, value in content.items() if isinstance(content, dict) else ():
        field = part.model_fields.get(name)
        if field is None:
            continue
        kind = field.annotation
        inner = part_of(kind)
        if inner is not None and get_origin(kind) is tuple:
            for i, item in enumerate(value if isinstance(value, list) else ()):
                yield from _lists(item, inner, (*at, name, i))
        elif inner is not None:
            yield from _lists(value, inner, (*at, name))
        elif isinstance(value, list) and get_origin(kind) is not tuple:
            yield (*at, name), value


def _with(content: Any, values: dict[Place, Any]) -> Any:
    """A copy with these values at their places."""
    if () in values:
        return values[()]
    if not values:
        return content
    pairs = content.items() if isinstance(content, dict) else enumerate(content)
    copied = {
        key: _with(item, {place[1:]: value for place, value in values.items() if place[0] == key})
        for key, item in pairs
    }
    return copied if isinstance(content, dict) else [*copied.values()]


def _named(place: Place) -> str:
    """The last name of a place in words, with the stage's number where it is one of a stage."""
    stage = f"stage {place[1] + 1} " if place[0] == "stages" and isinstance(place[1], int) and place[1] else ""
    return stage + str(place[-1]).replace("_", " ")
