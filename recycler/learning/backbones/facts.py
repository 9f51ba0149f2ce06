"""The table of recycler.backbone_facts, taken from Keras's networks: python -m recycler.learning.backbones.facts."""

import math
from typing import Any

import keras

from recycler.backbone_facts import TABLE, BackboneFacts
from recycler.learning.backbones.registry import BACKBONES, Backbone


def count_facts(backbone: Backbone) -> BackboneFacts:
    """Build a backbone with random weights and count."""
    network = backbone.build(backbone.default_size, weights=None)
    network.trainable = True
    return BackboneFacts(
        name=backbone.name,
        title=backbone.application or f"{backbone.family}{backbone.name[-1]}",
        licence=backbone.licence,
        weights=backbone.weights,
        default_size=backbone.default_size,
        minimum_size=backbone.minimum_size,
        parameters=backbone.parameters,
        features=network.output_shape[-1],
        top1=backbone.top1,
        names=tuple(layer.name for layer in network.layers),
        learnable=tuple(_learnable(layer) for layer in network.layers),
        multiply_adds=tuple(round(_multiply_adds(layer) / 1000) for layer in network.layers),
        outputs=tuple(_values(layer.output) for layer in network.layers),
    )


def _learnable(layer: keras.layers.Layer) -> int:
    return sum(math.prod(weight.shape) for weight in layer.trainable_weights)


def _multiply_adds(layer: Any) -> int:
    """Of convolutions and dense layers, which is nearly all; kernels slide over every place of the output."""
    if isinstance(layer, keras.Sequential):
        return sum(_multiply_adds(inner) for inner in layer.layers)
    kernels = [w for w in layer.weights if w.name.endswith("kernel") and len(w.shape) > 1]
    shape = layer.output.shape
    places = math.prod(shape[1:-1]) if len(shape) == 4 else 1
    return places * sum(math.prod(kernel.shape) for kernel in kernels)


def _values(tensor: Any) -> int:
    tensors = tensor if isinstance(tensor, list) else [tensor]
    return sum(math.prod(t.shape[1:]) for t in tensors)


def main() -> None:
    """Write the table, a line a backbone."""
    rows = []
    for backbone in BACKBONES.values():
        rows.append(count_facts(backbone).model_dump_json())
        keras.backend.clear_session()
    TABLE.write_text("[\n" + ",\n".join(rows) + "\n]\n", "utf-8")


if __name__ == "__main__":
    main()
