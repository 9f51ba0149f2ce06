"""Training again: the recipe of a run or model, with the photos that were collected and what it gets wrong."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from recycler.datasets.collected import list_collected
from recycler.drafts import keep_draft, new_identity
from recycler.errors import RecipeError
from recycler.plan import unknown_emphasis
from recycler.recipe import Recipe, Source, recipe_of
from recycler.runs import find_run
from recycler.settings import settings
from recycler.shelf import load_model

FACTOR = 2.0  # how many times as much a photo of an emphasised class counts, to begin with
RUN = "run:"  # what the name of a run begins with where models are named too
AGAIN = "again"


@dataclass(frozen=True)
class Parent:
    """What can be trained again.

    name: of a model on the shelf (`household`), or `run:NAME`. classes: what it knows; empty for a run that ended
    before it had looked at its photos.
    """

    name: str
    title: str
    recipe: Recipe
    classes: tuple[str, ...]


def find_parent(name: str) -> Parent:
    """A model or run to train again. Raises ModelError, RunError or RecipeError when there is none that can be."""
    if name.startswith(RUN):
        run = find_run(settings().runs, name.removeprefix(RUN))
        return Parent(f"{RUN}{run.record.run}", run.label.title, run.recipe, run.record.classes)
    card = load_model(settings().models, name).card
    return Parent(name, card.title, recipe_of(card.recipe, f"The recipe of the model “{name}”"), card.classes)


def recipe_again(parent: Parent, emphasise: Iterable[str] = (), factor: float = FACTOR) -> Recipe:
    """The parent's recipe with the collected photos as a source of their own.

    Collected photos of a class that the parent does not know stay out, so that the two can be compared.
    emphasise: classes whose photos count `factor` times as much. Raises RecipeError for one that the parent lacks.
    """
    recipe = parent.recipe
    others = tuple(source for source in recipe.data.sources if source.name != "collected")
    sources = others + _collected(parent)
    changes = {
        "name": _with_suffix(recipe.name, f"-{AGAIN}", 64),
        "title": _with_suffix(recipe.title or recipe.name, f", {AGAIN}", 100),
        "data": recipe.data.model_copy(update={"sources": sources or recipe.data.sources}),
        "emphasis": recipe.emphasis | dict.fromkeys(emphasise, factor),
    }
    changed = recipe_of(recipe.model_copy(update=changes).model_dump(), "The recipe")
    if parent.classes and (problem := unknown_emphasis(changed, parent.classes)):
        raise RecipeError(problem)
    return changed


def collected_for(parent: Parent) -> tuple[int, dict[str, int]]:
    """How many collected photos the parent's classes have, and class to photos of the others."""
    counts = Counter(photo.class_name for photo in list_collected())
    strange = {name: count for name, count in counts.items() if parent.classes and name not in parent.classes}
    return counts.total() - sum(strange.values()), strange


def draft_again(parent: Parent, emphasise: Iterable[str] = ()) -> str:
    """Put `recipe_again` into a draft of the Train page; gives its name, to be found at /train?draft=NAME."""
    identity = new_identity()
    recipe = recipe_again(parent, emphasise).model_dump(mode="json")
    keep_draft(identity, {"recipe": recipe, "note": "", "own": [], "parent": parent.name})
    return identity


def _collected(parent: Parent) -> tuple[Source, ...]:
    """The collected photos as a source, if there are any that the parent has a class for.

    What the parent's recipe counts a collected class as, it still does.
    """
    usable, strange = collected_for(parent)
    rule = next((source.labels for source in parent.recipe.data.sources if source.name == "collected"), {})
    there = {photo.class_name for photo in list_collected()}
    labels = dict.fromkeys(strange) | {name: other for name, other in rule.items() if name in there}
    return (Source(name="collected", labels=labels),) if usable or any(labels.values()) else ()


def _with_suffix(text: str, suffix: str, longest: int) -> str:
    """Once, however often something is trained again."""
    text = text.removesuffix(suffix)
    return f"{text[: longest - len(suffix)]}{suffix}"
