r"""From a recipe to a network: raw [0, 255] pixels in; `object`, `recycling` and `embedding` out.

    pixels -> upscaling -> preprocessing -> backbone -> pooling -> embedding -> branch -> object (C,)
                                                                            \-> branch -> recycling (1,)

The trunk (pixels to embedding) and the branches (embedding to logits) are models of their own. What of a trunk is
frozen can be cut off (cuts.py), computed once, and the rest trained on its activations.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from recycler.errors import RecipeError
from recycler.learning.backbones import BACKBONES, preprocess
from recycler.recipe import Network

PHOTO = "photo"


@dataclass(frozen=True)
class Parts:
    """The trunks and branches of one network.

    trunks: branch name to its trunk, pixels (S, S, 3) to embedding (D,); all the same model unless `separate`.
    branches: output name to a model of embedding (D,) to logits; for `multi_hot` the one output `multi_hot`.
    evidence: float32 (superclasses, C), how much the log probability of each superclass counts for each class; none
        where classes alone are asked.
    """

    trunks: dict[str, keras.Model]
    branches: dict[str, keras.Model]
    evidence: NDArray[np.float32] | None = None

    @property
    def trunk(self) -> keras.Model:
        """The trunk whose embedding the network gives out: that of the first branch."""
        return next(iter(self.trunks.values()))


def build_parts(
    network: Network,
    classes: int,
    photo_size: int,
    superclass: NDArray[np.intp] | None = None,
    weights: str | None = "imagenet",
) -> Parts:
    """Build trunks and branches.

    classes: C, the number of classes. superclass: (C,), the number of each class's superclass, for a recipe that asks
    for that output.
    photo_size: pixels a side of the photos that come in; upscaled inside when the backbone's input is larger.
    weights: "imagenet", or None for random ones (tests).
    Raises ModelError when the weights cannot be had, RecipeError when there are no superclasses.
    """
    units = {"multi_hot": classes + 1} if network.shape == "multi_hot" else {"object": classes, "recycling": 1}
    if network.shape == "single":
        del units["recycling"]
    evidence = None
    if "coarse" in network.outputs:
        if superclass is None:
            raise RecipeError("The recipe asks for superclasses, which these photos do not have.")
        units["coarse"] = int(superclass.max()) + 1
        if network.superclass_share and "object" in units:
            belongs = superclass == np.arange(units["coarse"])[:, None]
            evidence = network.superclass_share * belongs.astype(np.float32)
    first = build_trunk(network, photo_size, weights, "trunk")
    trunks = {
        name: build_trunk(network, photo_size, weights, f"{name}_trunk")
        if network.shape == "separate" and name != "object"
        else first
        for name in units
    }
    size = first.output_shape[-1]
    return Parts(trunks, {name: _branch(name, network, size, count) for name, count in units.items()}, evidence)


def build_trunk(network: Network, photo_size: int, weights: str | None, name: str) -> keras.Model:
    """Pixels (N, photo_size, photo_size, 3) in [0, 255] to the embedding (N, D) of a frozen backbone.

    The backbone is called in inference mode, so its batch norm keeps ImageNet's statistics (thesis, Networks).
    With `flip` the embedding is the mean over the photo and its mirror image.
    """
    inputs = keras.Input((photo_size, photo_size, 3), name=PHOTO)
    pixels = prepare(inputs, network)
    base = BACKBONES[network.backbone].build(network.input_size, weights=weights)
    base.trainable = False
    pooling = keras.layers.GlobalAveragePooling2D(name="pooling")
    embedding = pooling(base(pixels, training=False))
    if network.flip:
        mirrored = pooling(base(keras.ops.flip(pixels, axis=2), training=False))
        embedding = keras.layers.Average(name="both_sides")([embedding, mirrored])
    return keras.Model(inputs, embedding, name=name)


def prepare(photos: Any, network: Network) -> Any:
    """Photos (n, photo_size, photo_size, 3) in [0, 255] to what the backbone takes: upscaled and scaled."""
    if photos.shape[1] != network.input_size:
        photos = _upscaled(photos, network)
    return preprocess(photos, BACKBONES[network.backbone].scaling)


def _upscaled(photos: Any, network: Network) -> Any:
    """Photos (n, s, s, 3) to (n, S, S, 3).

    Bicubic (Keys 1981) as two products with a fixed matrix: LiteRT, which knows bilinear alone, has these.
    """
    before, after = photos.shape[1], network.input_size
    if network.upscaling == "bilinear":
        return keras.layers.Resizing(after, after, name="upscaling")(photos)
    each_row = np.eye(before, dtype=np.float32)[..., None]
    resized = keras.ops.image.resize(each_row, (after, before), interpolation="bicubic")
    matrix = keras.ops.convert_to_numpy(resized)[..., 0].T
    wide = _fixed("upscaling_width", keras.layers.Permute((3, 1, 2))(photos), matrix)  # (n, 3, s, S)
    large = _fixed("upscaling_height", keras.layers.Permute((1, 3, 2))(wide), matrix)  # (n, 3, S across, S down)
    return keras.layers.Permute((3, 2, 1))(large)


def assemble(parts: Parts, recycles: NDArray[np.bool_]) -> keras.Model:
    """The whole network: outputs `object` (C,), `recycling` (1,), `embedding` (D,) and those that were added.

    recycles: bool (C,), the classes that are recycling.
    """
    inputs = keras.Input(parts.trunk.input_shape[1:], name=PHOTO)
    embeddings = {id(trunk): trunk(inputs) for trunk in parts.trunks.values()}
    logits = {name: branch(embeddings[id(parts.trunks[name])]) for name, branch in parts.branches.items()}
    outputs = activate(logits, recycles, parts.evidence)
    outputs["embedding"] = keras.layers.Identity(name="embedding")(embeddings[id(parts.trunk)])
    return keras.Model(inputs, outputs, name="network")


def activate(
    logits: dict[str, Any], recycles: NDArray[np.bool_], evidence: NDArray[np.float32] | None
) -> dict[str, Any]:
    """Logits of the branches to named outputs: softmax for classes, sigmoid for recycling.

    With `evidence` (see Parts) classes and superclasses are two experts whose probabilities multiply (Hinton 2002).
    For `multi_hot` the C object scores are normalised to sum to one. Where no branch says `recycling`, it is the sum
    of the probabilities of the classes that are (recycles: bool (C,)).
    """
    if evidence is not None:
        told = keras.layers.Activation("log_softmax")(logits["coarse"])
        added = _fixed("superclass_evidence", told, evidence)
        logits = logits | {"object": keras.layers.Add(name="experts")([logits["object"], added])}
    kinds = {"recycling": "sigmoid"}
    plain = {name: tensor for name, tensor in logits.items() if name != "multi_hot"}
    outputs = {n: keras.layers.Activation(kinds.get(n, "softmax"), name=n)(tensor) for n, tensor in plain.items()}
    if "multi_hot" in logits:
        classes = len(recycles)
        scores = keras.ops.sigmoid(logits["multi_hot"])
        share = scores[:, :classes] / keras.ops.sum(scores[:, :classes], axis=-1, keepdims=True)
        outputs["object"] = keras.layers.Identity(name="object")(share)
        outputs["recycling"] = keras.layers.Identity(name="recycling")(scores[:, classes:])
    if "recycling" not in outputs:
        outputs["recycling"] = _fixed("recycling", outputs["object"], recycles[:, None].astype(np.float32))
    return outputs


def _fixed(name: str, inputs: Any, matrix: NDArray[np.float32]) -> Any:
    """Inputs (..., n) times a matrix (n, m) that never learns."""
    layer = keras.layers.Dense(matrix.shape[1], use_bias=False, trainable=False, name=name)
    outputs = layer(inputs)
    layer.set_weights([matrix])
    return outputs


def _branch(name: str, network: Network, size: int, units: int) -> keras.Model:
    """Embedding (D,) to logits (units,): batch norm, dropout, hidden layers each with dropout, dense (thesis)."""
    inputs = keras.Input((size,))
    x = inputs
    if network.batch_norm:
        x = keras.layers.BatchNormalization(name=f"{name}_batch_norm")(x)
    x = keras.layers.Dropout(network.dropout, name=f"{name}_dropout")(x)
    for i, hidden in enumerate(network.hidden, 1):
        x = keras.layers.Dense(hidden, activation="relu", name=f"{name}_hidden_{i}")(x)
        x = keras.layers.Dropout(network.dropout, name=f"{name}_dropout_{i}")(x)
    outputs = keras.layers.Dense(units, name=f"{name}_logits")(x)
    return keras.Model(inputs, outputs, name=f"{name}_branch")
