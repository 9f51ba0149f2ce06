"""What a recipe will do, counted before it is trained."""

import math
from typing import Any

import numpy as np

from recycler.datasets.sources import load_sources
from recycler.errors import RecipeError
from recycler.learning.cuts import cut_trunk, trainable_parameters, unfreeze
from recycler.learning.training import new_network
from recycler.plan import unknown_emphasis
from recycler.recipe import Recipe


def describe(recipe: Recipe) -> dict[str, Any]:
    """The recipe's data and network in numbers, and each stage's: what learns, from which activations.

    Opens the data sets but no photo; needs no ImageNet weights. Photos are those before the split and before near
    copies and unreadable ones are left out. Raises RecyclerError.
    """
    data = load_sources(recipe.data)
    if problem := unknown_emphasis(recipe, data.classes):
        raise RecipeError(problem)
    network = new_network(recipe, data, weights=None)
    trunks = {id(trunk): trunk for trunk in network.trunks.values()}.values()
    models = [*trunks, *network.branches.values()]
    stages = []
    for stage in recipe.stages:
        for trunk in trunks:
            unfreeze(trunk, recipe.network, stage)
        shape = cut_trunk(network.trunk, recipe.network, stage).front.output_shape[1:]
        stages.append(
            {
                "name": stage.name,
                "epochs": stage.epochs,
                "trainable_parameters": trainable_parameters(network),
                "activations": list(shape),
                "activation_bytes": 2 * math.prod(shape),
            }
        )
    return {
        "recipe": recipe.name,
        "classes": len(data.classes),
        "photos": sum(split != "test" for split in data.splits),
        "backbone": recipe.network.backbone,
        "input_size": recipe.network.input_size,
        "parameters": int(sum(np.prod(weight.shape) for model in models for weight in model.weights)),
        "stages": stages,
    }


def in_words(description: dict[str, Any]) -> str:
    """The same for people."""
    lines = [
        f"{description['recipe']}: {description['photos']:,} photos of {description['classes']} classes; "
        f"{description['backbone']} at {description['input_size']} pixels, {description['parameters']:,} parameters."
    ]
    for number, stage in enumerate(description["stages"], 1):
        shape, kilobytes = " x ".join(map(str, stage["activations"])), stage["activation_bytes"] / 1000
        lines.append(
            f"Stage {number}, {stage['name']}: {stage['trainable_parameters']:,} parameters learn in at most "
            f"{stage['epochs']} epochs, from activations of {shape} ({kilobytes:,.0f} kB a look)."
        )
    return "\n".join(lines)
