"""Backbones of `keras.applications`: built at any size, with weights from Keras's home folder or its download.

Keras itself looks for weights in KERAS_HOME/models only where that folder can be written, and waits long for a
download without a network. Here a file that lies there is always used, and a download that does not start within
seconds ends in a sentence.
"""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import keras

from recycler.errors import ModelError

if TYPE_CHECKING:
    from recycler.learning.backbones.registry import Backbone

PATIENCE = 5.0  # seconds for the server to answer; a download that has begun may take longer

log = logging.getLogger(__name__)


def build(backbone: "Backbone", size: int, weights: str | None, include_top: bool) -> keras.Model:
    """The network for preprocessed pixels (size, size, 3): its feature map, or with `include_top` 1000 probabilities.

    weights: "imagenet" or None (random).
    Raises ModelError when the weights are neither in Keras's home folder nor to be had from the network, or damaged.
    """
    model = _network(backbone, size, include_top)
    if weights == "imagenet":
        path = _weights_file(backbone, size, include_top)
        try:
            model.load_weights(path)
        except (OSError, ValueError, KeyError) as problem:
            raise ModelError(
                f"The weights {path} do not fit {backbone.name} or are damaged. Remove the file and try again."
            ) from problem
    return model


def _network(backbone: "Backbone", size: int, include_top: bool, weights: str | None = None) -> keras.Model:
    application = getattr(keras.applications, backbone.application)
    inputs = keras.Input((size, size, 3), name=f"{backbone.name}_input")
    network = application(include_top=include_top, weights=weights, input_tensor=inputs, input_shape=(size, size, 3))
    # Keras makes a list of the one input; the same layers around the tensor itself take a batch without a warning.
    return keras.Model(inputs, network.output, name=backbone.name)


def _weights_file(backbone: "Backbone", size: int, include_top: bool) -> Path:
    """Where the weights lie, fetching them first if need be.

    MobileNet and its second version have a file for each of some sizes. Where the right one is missing but that of the
    default size is there, the latter serves: a convolution's weights do not depend on the size.
    """
    trained_size = size if size in backbone.trained_sizes else backbone.default_size
    wanted, fallback = (
        _home() / backbone.weights_file(at, include_top) for at in (trained_size, backbone.default_size)
    )
    if not wanted.is_file() and fallback.is_file():
        log.info("%s: using the weights of size %d at size %d", backbone.name, backbone.default_size, size)
        return fallback
    if not wanted.is_file():
        _fetch(backbone, trained_size, include_top, wanted)
    return wanted


def _fetch(backbone: "Backbone", size: int, include_top: bool, wanted: Path) -> None:
    """Let Keras download the file: it knows the address and the checksum, but only while building the network."""
    try:
        with _patience(PATIENCE):
            _network(backbone, size, include_top, weights="imagenet")
    except Exception as problem:
        # Keras raises a bare Exception when a download fails.
        if not isinstance(problem, OSError) and "URL fetch failure" not in str(problem):
            raise
    if not wanted.is_file():
        raise ModelError(
            f"The ImageNet weights of {backbone.name} are not here and could not be downloaded. "
            f"Put the file {wanted.name} into {wanted.parent}, "
            "or choose efficientnet_lite0, whose weights are installed with the app."
        )


def _home() -> Path:
    """The folder in which Keras keeps weights."""
    return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "models"


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """No connection opened meanwhile waits longer than this for an answer; Keras has no setting for it."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
