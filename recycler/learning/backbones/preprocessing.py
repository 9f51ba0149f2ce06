"""What each family of backbones wants to see instead of raw pixels, as layers inside the network.

Layers rather than a function on arrays: the saved network and its LiteRT copy then take raw [0, 255] pixels, and
nobody can scale them differently at serving time. No Lambda, so that a saved network loads in Keras's safe mode.
"""

from typing import Any, Literal, get_args

import keras
from keras import layers

Scaling = Literal["tf", "torch", "caffe", "lite", "none"]
SCALINGS: tuple[Scaling, ...] = get_args(Scaling)

# ImageNet's channel statistics (red, green, blue) as torchvision (0 to 1) and Caffe's VGG (0 to 255) used them.
TORCH_MEAN = (0.485, 0.456, 0.406)
TORCH_DEVIATION = (0.229, 0.224, 0.225)
CAFFE_MEAN = (123.68, 116.779, 103.939)


def preprocess(inputs: Any, scaling: Scaling) -> Any:
    """Turn raw pixels into what a backbone with this scaling takes.

    inputs: Keras tensor (batch, height, width, 3), red, green, blue, 0 to 255. The result has the same shape:

    - "tf": -1 to 1
    - "torch": 0 to 1, then ImageNet's mean taken off and divided by its deviation
    - "caffe": blue, green, red; ImageNet's mean taken off
    - "lite": (x - 127) / 128, as EfficientNet-Lite was trained
    - "none": as it is (the backbone scales by itself)
    """
    match scaling:
        case "tf":
            return layers.Rescaling(1 / 127.5, offset=-1.0)(inputs)
        case "torch":
            scale = [1 / (255 * deviation) for deviation in TORCH_DEVIATION]
            offset = [-mean / deviation for mean, deviation in zip(TORCH_MEAN, TORCH_DEVIATION, strict=True)]
            return layers.Rescaling(scale, offset)(inputs)
        case "caffe":
            centred = layers.Rescaling([1.0, 1.0, 1.0], [-mean for mean in CAFFE_MEAN])(inputs)
            return keras.ops.flip(centred, axis=-1)
        case "lite":
            return layers.Rescaling(1 / 128, offset=-127 / 128)(inputs)
        case "none":
            return inputs
