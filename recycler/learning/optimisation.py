"""Optimisers and learning rates of a stage."""

import math
from typing import Any

import keras

from recycler.recipe import Stage

PLATEAU_FACTOR = 0.3  # of the learning rate, whenever the validation loss stands still


class SlowerBackbone:
    """An optimiser, mixed into one of Keras's, in which the variables of the backbone take smaller steps.

    backbone: their places among the variables that learn. share: of the learning rate that they get.
    """

    backbone: frozenset[int] = frozenset()
    share = 1.0

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step of one variable."""
        slow = self._get_variable_index(variable) in self.backbone  # type: ignore[attr-defined]
        super().update_step(gradient, variable, learning_rate * (self.share if slow else 1.0))  # type: ignore[misc]


class AdamW(SlowerBackbone, keras.optimizers.AdamW):
    """AdamW (Loshchilov and Hutter 2019)."""


class Adam(SlowerBackbone, keras.optimizers.Adam):
    """Adam (Kingma and Ba 2015)."""


class SGD(SlowerBackbone, keras.optimizers.SGD):
    """Stochastic gradient descent."""


def new_optimiser(stage: Stage, backbone: frozenset[int]) -> keras.optimizers.Optimizer:
    """A stage's optimiser. backbone: places of the backbone's variables among those that learn."""
    options: dict[str, Any] = {"learning_rate": stage.learning_rate}
    if stage.ema:
        options |= {"use_ema": True, "ema_momentum": stage.ema, "ema_overwrite_frequency": None}
    match stage.optimiser:
        case "adamw":
            optimiser = AdamW(weight_decay=stage.weight_decay, **options)
        case "adam":
            optimiser = Adam(**options)
        case "sgd":
            optimiser = SGD(momentum=0.9, weight_decay=stage.weight_decay or None, **options)
    optimiser.backbone, optimiser.share = backbone, stage.backbone_rate
    return optimiser


def learning_rate(stage: Stage, step: int, steps: int, falls: int) -> float:
    """The learning rate at this step of the stage.

    step: from 0. steps: of the whole stage, if it is not stopped early. falls: how often validation has stood still.
    """
    warm = round(stage.warm_up * steps)
    if step < warm:
        return stage.learning_rate * (step + 1) / warm
    match stage.schedule:
        case "constant":
            return stage.learning_rate
        case "plateau":
            return stage.learning_rate * PLATEAU_FACTOR**falls
        case "cosine":
            return stage.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def plateau_patience(stage: Stage) -> int:
    """Epochs without a better validation loss before the learning rate falls: a third of those before stopping."""
    return max(2, (stage.patience or stage.epochs) // 3)
