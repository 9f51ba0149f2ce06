"""Training again: the recipe of a model or run, with the photos that were collected and what it gets wrong.

The model or run is called the parent of the new run, by its name as a subject: `household` or `run:NAME`.
"""

from collections import Counter
from collections.abc import Iterable

from recycler.datasets.collected import list_collected
from recycler.drafts import keep_draft, new_identity
from recycler.errors import RecipeError
from recycler.plan import unknown_emphasis
from recycler.recipe import Recipe, Source, recipe_of
from recycler.subjects import Subject

FACTOR = 2.0  # how many times as much a photo of an emphasised class counts, to begin with
AGAIN = "again"


def recipe_again(parent: Subject, emphasise: Iterable[str] = (), factor: float = FACTOR) -> Recipe:
    """The parent's recipe with the collected photos as a source of their own.

    Collected photos of a class that the parent does not know stay out, so that the two can be compared.
    emphasise: classes whose photos count `factor` times as much.
    Raises RecipeError for a class that the parent lacks, or when its recipe is of another version.
    """
    recipe = parent.recipe
    if recipe is None:
        raise RecipeError(
            f"The recipe of “{parent.title}” is of another version of the app: begin from another on the Train page."
        )
    others = tuple(source for source in recipe.data.sources if source.name != "collected")
    sources = others + _collected(parent, recipe)
    changes = {
        "name": _with_suffix(recipe.name, f"-{AGAIN}", 64),
        "title": _with_suffix(recipe.title or recipe.name, f", {AGAIN}", 100),
        "data": recipe.data.model_copy(update={"sources": sources or recipe.data.sources}),
        "emphasis": recipe.emphasis | dict.fromkeys(emphasise, factor),
    }
    changed = recipe_of(recipe.model_copy(update=changes).model_dump(), "The recipe")
    if problem := unknown_emphasis(changed, parent.classes):
        raise RecipeError(problem)
    return changed


def collected_for(parent: Subject) -> tuple[int, dict[str, int]]:
    """How many collected photos the parent's classes have, and class to photos of the others."""
    counts = Counter(photo.class_name for photo in list_collected())
    strange = {name: count for name, count in counts.items() if name not in parent.classes}
    return counts.total() - sum(strange.values()), strange


def draft_again(parent: Subject, emphasise: Iterable[str] = ()) -> str:
    """Put `recipe_again` into a draft of the Train page; gives its name, to be found at /train?draft=NAME."""
    identity = new_identity()
    recipe = recipe_again(parent, emphasise).model_dump(mode="json")
    keep_draft(identity, {"recipe": recipe, "note": "", "own": [], "parent": parent.name})
    return identity


def _collected(parent: Subject, recipe: Recipe) -> tuple[Source, ...]:
    """The collected photos as a source, if there are any that the parent has a class for.

    What the parent's recipe counts a collected class as, it still does.
    """
    usable, strange = collected_for(parent)
    rule = next((source.labels for source in recipe.data.sources if source.name == "collected"), {})
    there = {photo.class_name for photo in list_collected()}
    labels = dict.fromkeys(strange) | {name: other for name, other in rule.items() if name in there}
    return (Source(name="collected", labels=labels),) if usable or any(labels.values()) else ()


def _with_suffix(text: str, suffix: str, longest: int) -> str:
    """Once, however often something is trained again."""
    text = text.removesuffix(suffix)
    return f"{text[: longest - len(suffix)]}{suffix}"
