"""What a recipe will do, and whether it can, without Keras: parameters that learn, mistakes field by field."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from recycler.backbone_facts import backbone_facts
from recycler.gpu import has_gpu
from recycler.recipe import Network, Recipe, Stage

LISTED = 12  # classes that a sentence names
LARGEST_WHITENED = 32  # pixels a side, see recycler.learning.augmentation
Problems = dict[str, str]
"""Field, as "network.input_size" or "stages.1.epochs", to what is wrong with it in a sentence."""


def learning_parameters(network: Network, stage: Stage, classes: int, coarse: int = 0) -> int:
    """How many numbers learn in a stage, the same as the trainer counts.

    classes: C. coarse: superclasses, where the network has that output.
    """
    facts = backbone_facts()[network.backbone]
    units = [classes + 1] if network.shape == "multi_hot" else [classes]
    if network.shape in ("shared", "separate"):
        units.append(1)
    if "coarse" in network.outputs:
        units.append(coarse)
    trunks = len(units) if network.shape == "separate" else 1
    heads = sum(_branch(facts.features, network, count) for count in units)
    return heads + trunks * facts.learnable_in(stage.unfreeze_layers, stage.unfreeze_blocks)


def _branch(features: int, network: Network, units: int) -> int:
    """Numbers of one branch: scale and shift of the batch norm, then dense layers."""
    total = 2 * features if network.batch_norm else 0
    sizes = [features, *network.hidden, units]
    return total + sum(a * b + b for a, b in pairwise(sizes))


def check_recipe(
    fields: dict[str, Any], native_size: int | None = None, classes: Sequence[str] = ()
) -> tuple[Recipe | None, Problems]:
    """The recipe of these fields, or None and what is wrong.

    native_size: pixels a side of photos that are small. classes: of the photos; none where they are not known.
    """
    try:
        recipe = Recipe.model_validate(fields)
    except ValidationError as problem:
        return None, {_place(error): _sentence(error) for error in problem.errors()}
    problems = _impossible(recipe, native_size)
    if classes and (unknown := unknown_emphasis(recipe, classes)):
        problems["emphasis"] = unknown
    return (None if problems else recipe), problems


def unknown_emphasis(recipe: Recipe, classes: Sequence[str]) -> str:
    """That a recipe emphasises classes that its photos do not have, or ""."""
    unknown = sorted(set(recipe.emphasis) - set(classes))
    if not unknown:
        return ""
    has = ", ".join(classes[:LISTED]) + (f" and {len(classes) - LISTED} more" if len(classes) > LISTED else "")
    return f"The recipe emphasises {', '.join(unknown)}, and its photos have no such class; they have {has}."


def _impossible(recipe: Recipe, native_size: int | None) -> Problems:
    """What each field allows but the fields together don't."""
    network, problems = recipe.network, Problems()
    facts = backbone_facts().get(network.backbone)
    if facts is None:
        return {"network.backbone": f"There is no backbone “{network.backbone}”; choose one of the list."}
    if network.input_size < facts.minimum_size:
        problems["network.input_size"] = f"{facts.title} needs at least {facts.minimum_size} pixels a side."
    for i, stage in enumerate(recipe.stages):
        if stage.unfreeze_layers > facts.layers:
            problems[f"stages.{i}.unfreeze_layers"] = (
                f"{stage.unfreeze_layers} layers are to be unfrozen, and {facts.title} has {facts.layers} in all."
            )
        for block in stage.unfreeze_blocks:
            if not facts.learning(0, (block,)):
                problems[f"stages.{i}.unfreeze_blocks"] = (
                    f"{facts.title} has no layer whose name begins with “{block}”; "
                    f"its last ones are {', '.join(facts.names[-5:])}."
                )
    if recipe.device == "gpu" and not has_gpu():
        problems["device"] = "This machine has no GPU, or hides it: choose Auto or CPU."
    size = native_size or network.input_size
    if recipe.augmentation.zca_fraction and size > LARGEST_WHITENED:
        problems["augmentation.zca_fraction"] = (
            f"ZCA whitening takes photos of at most {LARGEST_WHITENED} pixels a side, and these come in with {size}: "
            "switch it off, or choose another preset than heavy."
        )
    return problems


def _place(error: Any) -> str:
    """Where the complaint belongs: a check of several fields of a part names the one to change."""
    place = ".".join(str(step) for step in error["loc"])
    blamed = {"copies need": "copies", "fine_tuning needs": "unfreeze_layers", "give unfreeze": "unfreeze_layers"}
    for start, field in blamed.items():
        if error["msg"].removeprefix("Value error, ").startswith(start):
            return f"{place}.{field}"
    return place


def _sentence(error: Any) -> str:
    text = error["msg"].removeprefix("Value error, ")
    return f"{text[0].upper()}{text[1:]}."
