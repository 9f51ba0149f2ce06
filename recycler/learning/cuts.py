r"""Where a stage cuts each trunk: what stays frozen in front, what learns behind.

    pixels -> front (frozen, computed once a photo) -> activations -> back (learns) -> embedding -> branches

The cut lies as late as the frozen layers allow, at a place where a single tensor goes through. Front and back share
their layers with the trunk, so what the back learns is in the trunk at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from recycler.errors import RecipeError
from recycler.learning.network import PHOTO, Parts, activate, prepare
from recycler.recipe import Network, Stage

EMBEDDING, ON_THE_WAY = "embedding", "activations"  # outputs of Cut.both


@dataclass(frozen=True)
class Cut:
    """A trunk in two: front, photos (S, S, 3) to activations; back, activations to the embedding (D,)."""

    front: keras.Model
    back: keras.Model

    def both(self) -> keras.Model:
        """Photos to the embedding and, on the way to it, the activations, in inference mode."""
        at_cut = self.front.output
        return keras.Model(self.front.input, {EMBEDDING: InferenceMode(self.back)(at_cut), ON_THE_WAY: at_cut})


class InferenceMode(keras.layers.Layer):
    """A network that learns while its batch norm keeps ImageNet's statistics (thesis, Networks).

    Asking for it when the graph is built, `network(x, training=False)`, is not enough: Keras 3.15 passes the outer
    network's mode on to all of its parts.
    """

    def __init__(self, network: keras.Model) -> None:
        super().__init__()
        self.network = network

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """What the network says in inference mode."""
        return self.network(inputs, training=False)


class BothSides(keras.layers.Layer):
    """Activations (2, ...) of a photo and its mirror image to the mean embedding (D,).

    A network learns from one of the two, drawn for each photo, which is half the work.
    """

    def __init__(self, network: keras.Model) -> None:
        super().__init__()
        self.network = network
        self.generator = keras.random.SeedGenerator()

    def call(self, inputs: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """The mean of what the network says of both, or in training what it says of one."""
        if not training:
            return (self.network(inputs[:, 0]) + self.network(inputs[:, 1])) / 2
        drawn = keras.random.uniform((keras.ops.shape(inputs)[0], *[1] * (inputs.ndim - 2)), seed=self.generator)
        return self.network(keras.ops.where(drawn < 0.5, inputs[:, 0], inputs[:, 1]))

    def compute_output_shape(self, inputs_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(n, D)."""
        return inputs_shape[0], self.network.output_shape[-1]


class Learner(keras.Model):
    """A network that learns batch by batch. Its figures are begun anew within the compiled step, where this is free."""

    def reset_metrics(self) -> None:
        """Nothing: done one by one before each batch, it takes as long as a third of a head's step."""

    def compute_loss(self, *args: Any, **kwargs: Any) -> keras.KerasTensor:
        """As Keras's, at the begin of a batch."""
        super().reset_metrics()
        return super().compute_loss(*args, **kwargs)


def unfreeze(trunk: keras.Model, network: Network, stage: Stage) -> None:
    """Set which layers of a trunk's backbone learn in this stage. Raises RecipeError when a block is unknown."""
    base = trunk.get_layer(network.backbone)
    base.trainable = True
    chosen = learning_layers(base, stage)
    for i, layer in enumerate(base.layers):
        layer.trainable = i in chosen


def learning_layers(base: keras.Model, stage: Stage) -> set[int]:
    """Places in `base.layers` of the layers that learn in this stage. Raises RecipeError when a block is unknown."""
    count = len(base.layers)
    if stage.unfreeze_layers > count:
        raise RecipeError(f"unfreeze_layers is {stage.unfreeze_layers}, and {base.name} has {count} layers in all.")
    names = [layer.name for layer in base.layers]
    for block in stage.unfreeze_blocks:
        if not any(name.startswith(block) for name in names):
            some = ", ".join(name for name in names[-12:])
            raise RecipeError(f"{base.name} has no layer whose name begins with “{block}”. Its last ones are: {some}.")
    last = {*range(count - stage.unfreeze_layers, count)}
    return last | {i for i, name in enumerate(names) if name.startswith(stage.unfreeze_blocks or ("\0",))}


def cut_trunk(trunk: keras.Model, network: Network, stage: Stage) -> Cut:
    """Cut a trunk, whose layers `unfreeze` has set, for this stage."""
    base = trunk.get_layer(network.backbone)
    learning = learning_layers(base, stage)
    if not learning:
        return Cut(trunk, keras.Sequential([keras.Input(trunk.output_shape[1:]), keras.layers.Identity()]))
    tensor = _last_single_tensor(base, learning)
    if tensor is None:  # everything learns: the photos themselves are what is kept
        same = keras.Input(trunk.input_shape[1:], name=PHOTO)
        return Cut(keras.Model(same, keras.layers.Identity()(same)), keras.Sequential([same, _in_mode(trunk, stage)]))
    photo = keras.Input(trunk.input_shape[1:], name=PHOTO)
    pixels = prepare(photo, network)
    frozen = keras.Model(base.input, tensor, name="frozen")
    rest = keras.Sequential(
        [
            keras.Input(tensor.shape[1:]),
            _in_mode(keras.Model(tensor, base.output, name="rest"), stage),
            keras.layers.GlobalAveragePooling2D(),
        ]
    )
    if not network.flip:
        return Cut(keras.Model(photo, frozen(pixels, training=False)), rest)
    sides = [frozen(view, training=False) for view in (pixels, keras.ops.flip(pixels, axis=2))]
    both = keras.Sequential([keras.Input((2, *tensor.shape[1:])), BothSides(rest)])
    return Cut(keras.Model(photo, keras.ops.stack(sides, axis=1)), both)


def next_cut(trunk: keras.Model, network: Network, stages: Sequence[Stage]) -> Cut | None:
    """Where the first of these stages that learns in the backbone will cut a trunk; None if nothing is kept there.

    Raises RecipeError when a block is unknown.
    """
    base = trunk.get_layer(network.backbone)
    stage = next((stage for stage in stages if learning_layers(base, stage)), None)
    if stage is None or not stage.cache:
        return None
    cut = cut_trunk(trunk, network, stage)
    return cut if cut.front.weights else None


def _in_mode(network: keras.Model, stage: Stage) -> keras.layers.Layer:
    """What learns of a trunk, its batch norm as the stage says; layers that are frozen keep inference mode anyway."""
    return network if stage.backbone_batch_norm == "training" else InferenceMode(network)


def _last_single_tensor(base: keras.Model, learning: set[int]) -> keras.KerasTensor | None:
    """The latest tensor before all layers that learn that alone leads on to what is behind it."""
    by_depth = base._nodes_by_depth  # the graph itself: `layers` leaves out operations that are no layers
    nodes = [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
    learns = {id(base.layers[i]) for i in learning}
    first = next(i for i, node in enumerate(nodes) if id(node.operation) in learns)
    made = {id(tensor): i for i, node in enumerate(nodes) for tensor in node.output_tensors}
    for i in range(first - 1, 0, -1):
        inputs = [tensor for node in nodes[i + 1 :] for tensor in node.input_tensors]
        crossing = {id(tensor): tensor for tensor in inputs if made[id(tensor)] <= i}
        if len(crossing) == 1:
            return next(iter(crossing.values()))
    return None


def trainable_parameters(parts: Parts) -> int:
    """How many numbers learn, in trunks and branches together."""
    models = {id(model): model for model in (*parts.trunks.values(), *parts.branches.values())}
    return sum(int(np.prod(weight.shape)) for model in models.values() for weight in model.trainable_weights)


@dataclass(frozen=True)
class StageNetwork:
    """A network as one stage trains it.

    fronts: the different frozen parts, photos to activations. Trunks whose frozen parts are equal share one.
    training: {"activations_0": ..., "log_prior": (C,)} to logits of each branch, the prior added to the classes'.
    serving: {"activations_0": ...} to the outputs of the whole network, the embedding among them.
    backbone: places of the backbone's variables among those of `training` that learn.
    """

    fronts: tuple[keras.Model, ...]
    training: keras.Model
    serving: keras.Model
    backbone: frozenset[int]


def stage_network(
    parts: Parts,
    network: Network,
    stage: Stage,
    recycles: NDArray[np.bool_],
    same: Callable[[keras.Model], str],
) -> StageNetwork:
    """Unfreeze and cut every trunk for this stage. Raises RecipeError.

    same: front to a key, equal for fronts that do the same.
    """
    trunks = {id(trunk): trunk for trunk in parts.trunks.values()}
    fronts: dict[str, keras.Model] = {}
    place, backs = {}, {}
    for key, trunk in trunks.items():
        unfreeze(trunk, network, stage)
        cut = cut_trunk(trunk, network, stage)
        backs[key] = cut.back
        place[key] = same(cut.front)
        fronts.setdefault(place[key], cut.front)
    inputs = {
        name: keras.Input(front.output_shape[1:], name=f"activations_{i}")
        for i, (name, front) in enumerate(fronts.items())
    }
    embeddings = {key: backs[key](inputs[place[key]]) for key in trunks}
    logits = {name: branch(embeddings[id(parts.trunks[name])]) for name, branch in parts.branches.items()}
    log_prior = keras.Input((len(recycles),), name="log_prior")
    with_prior = dict(logits)
    if "object" in logits:
        with_prior["object"] = keras.layers.Add(name="with_prior")([logits["object"], log_prior])
    outputs = activate(logits, recycles, parts.evidence) | {"embedding": embeddings[id(parts.trunk)]}
    named = {tensor.name: tensor for tensor in inputs.values()}
    training = Learner({**named, "log_prior": log_prior}, with_prior)
    owned = {id(weight) for back in backs.values() for weight in back.trainable_weights}
    backbone = frozenset(i for i, weight in enumerate(training.trainable_weights) if id(weight) in owned)
    return StageNetwork(tuple(fronts.values()), training, keras.Model(named, outputs), backbone)
