"""Preprocessing inside the network equals what each family was trained with."""

from pathlib import Path

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from recycler.learning.backbones import BACKBONES, SCALINGS, Scaling, preprocess

# Keras copies TensorFlow's variables in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

PHOTOS = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3)).astype(np.float32)
KERAS_MODULES = {
    "VGG": "vgg16",
    "ResNet": "resnet",
    "ResNetV2": "resnet_v2",
    "Inception": "inception_v3",
    "DenseNet": "densenet",
    "NASNet": "nasnet",
    "MobileNet": "mobilenet",
    "MobileNetV2": "mobilenet_v2",
    "MobileNetV3": "mobilenet_v3",
    "EfficientNet": "efficientnet",
    "EfficientNetV2": "efficientnet_v2",
    "ConvNeXt": "convnext",
}


def network(scaling: Scaling) -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    # A convolution that changes nothing stands for the backbone: "none" alone would be a network without a layer.
    identity = keras.layers.DepthwiseConv2D(1, depthwise_initializer="ones", use_bias=False)
    return keras.Model(inputs, identity(preprocess(inputs, scaling)))


def scale(scaling: Scaling, photos: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(network(scaling)(photos))


@pytest.mark.parametrize("family", sorted({backbone.family for backbone in BACKBONES.values()} - {"EfficientNet-Lite"}))
def test_scaling_equals_keras_own_preprocessing_of_the_family(family: str) -> None:
    scaling = next(backbone.scaling for backbone in BACKBONES.values() if backbone.family == family)
    expected = getattr(keras.applications, KERAS_MODULES[family]).preprocess_input(PHOTOS.copy())

    np.testing.assert_allclose(scale(scaling, PHOTOS), expected, rtol=1e-5, atol=1e-4)


def test_efficientnet_lite_sees_pixels_less_127_over_128() -> None:
    np.testing.assert_allclose(scale("lite", PHOTOS), (PHOTOS - 127) / 128, atol=1e-6)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_preprocessing_survives_saving_in_safe_mode_and_runs_on_litert_alone(scaling: Scaling, tmp_path: Path) -> None:
    model = network(scaling)
    expected = np.asarray(model(PHOTOS[:1]))

    model.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras", safe_mode=True)
    np.testing.assert_array_equal(np.asarray(loaded(PHOTOS[:1])), expected)

    model.export(tmp_path / "network.tflite", format="litert", verbose=False)
    builtin_only = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(str(tmp_path / "network.tflite"), experimental_op_resolver_type=builtin_only)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], PHOTOS[:1])
    interpreter.invoke()
    output = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-4)
