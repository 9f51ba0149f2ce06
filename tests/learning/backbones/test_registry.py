"""Every backbone in the registry states its facts, and they are true."""

import io
import os
import re
import zipfile
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from recycler.learning.backbones import BACKBONES, SCALINGS, Backbone, preprocess

# One of each family that builds in a second or two; the others when asked for.
QUICK = (
    "vgg16",
    "resnet50",
    "mobilenet",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "efficientnet_b0",
    "efficientnet_v2_b0",
    "convnext_tiny",
    "efficientnet_lite0",
    "efficientnet_lite1",
    "efficientnet_lite2",
)
FOOTWEAR = {502, 514, 630, 770, 774}  # ImageNet: clog, cowboy boot, loafer, running shoe, sandal
# ImageNet: beaker, beer bottle, beer glass, cocktail shaker, coffee mug, goblet, perfume, pill bottle, pitcher,
# pop bottle, saltshaker, vase, water bottle, water jug, whiskey jug, wine bottle, cup
VESSELS = {438, 440, 441, 503, 504, 572, 711, 720, 725, 737, 773, 883, 898, 899, 901, 907, 968}


def test_every_backbone_that_was_weighed_is_there() -> None:
    families = {backbone.family for backbone in BACKBONES.values()}

    assert families == {
        "VGG", "ResNet", "ResNetV2", "DenseNet", "NASNet", "Inception", "MobileNet", "MobileNetV2", "MobileNetV3",
        "EfficientNet", "EfficientNetV2", "ConvNeXt", "EfficientNet-Lite",
    }  # fmt: skip
    assert {f"efficientnet_b{number}" for number in range(8)} <= BACKBONES.keys()
    assert {"vgg19", "resnet152_v2", "densenet201", "nasnet_large", "inception_v3"} <= BACKBONES.keys()


@pytest.mark.parametrize("backbone", BACKBONES.values(), ids=lambda backbone: backbone.name)
def test_every_record_states_its_facts(backbone: Backbone) -> None:
    assert BACKBONES[backbone.name] is backbone
    assert re.fullmatch(r"[a-z0-9_]+", backbone.name)
    assert re.fullmatch(r"\d{4}\.\d{5}|\d{4}\.\d{4}", backbone.paper)
    assert backbone.licence in {"Apache-2.0", "MIT", "BSD-3-Clause", "CC-BY-4.0"}
    assert backbone.weights
    assert backbone.scaling in SCALINGS
    assert 224 <= backbone.default_size <= 600
    assert backbone.top1 is not None
    assert 0.65 < backbone.top1 < 0.9
    assert backbone.top5 is None or backbone.top1 < backbone.top5 < 1
    if backbone.application:
        assert callable(getattr(keras.applications, backbone.application))
        assert backbone.weights_file(224).endswith(".h5")
        assert "{" not in backbone.weights_file(224)
        assert "top" not in backbone.weights_file(224, include_top=True)


def assert_as_recorded(name: str) -> None:
    backbone = BACKBONES[name]
    size = backbone.minimum_size
    network = backbone.build(size, weights=None)

    assert network.count_params() == backbone.parameters
    assert network.input.name == f"{name}_input"
    assert network.input_shape == (None, size, size, 3)
    assert len(network.output_shape) == 4


@pytest.mark.parametrize("name", QUICK)
def test_parameters_are_as_recorded(name: str) -> None:
    assert_as_recorded(name)


@pytest.mark.skipif(
    "RECYCLER_EVERY_BACKBONE" not in os.environ,
    reason="takes minutes: set RECYCLER_EVERY_BACKBONE=1 to build every backbone",
)
def test_parameters_of_all_the_others_are_as_recorded() -> None:
    for name in sorted(BACKBONES.keys() - set(QUICK)):
        assert_as_recorded(name)
        keras.backend.clear_session()


def test_mobilenet_counts_are_those_of_the_thesis() -> None:
    trunk = BACKBONES["mobilenet"].build(160, weights=None)
    assert BACKBONES["mobilenet"].build(224, weights=None, include_top=True).count_params() == 4_253_864
    assert trunk.count_params() == 3_228_864

    for layers, trainable in ((24, 2_126_848), (12, 1_593_856), (25, 2_131_456)):
        for index, layer in enumerate(trunk.layers):
            layer.trainable = index >= len(trunk.layers) - layers
        assert sum(int(np.prod(weight.shape)) for weight in trunk.trainable_weights) == trainable


@cache
def photos(archive: Path, folder: str, count: int) -> np.ndarray:
    with zipfile.ZipFile(archive) as opened:
        names = sorted(name for name in opened.namelist() if f"/{folder}/" in name and name.endswith(".jpg"))[:count]
        images = (Image.open(io.BytesIO(opened.read(name))).convert("RGB").resize((224, 224)) for name in names)
        return np.stack([np.asarray(image, np.float32) for image in images])


@pytest.mark.parametrize("name", ["efficientnet_lite0", "mobilenet"])
def test_the_imagenet_head_names_shoes_and_glass_on_real_photos(
    name: str, real_data: Path, request: pytest.FixtureRequest
) -> None:
    if name == "mobilenet":
        request.getfixturevalue("keras_home")
    backbone = BACKBONES[name]
    inputs = keras.Input((224, 224, 3))
    network = keras.Model(inputs, backbone.build(224, include_top=True)(preprocess(inputs, backbone.scaling)))
    archive = real_data / "garbage" / "garbage-dataset.zip"

    for folder, right, least in (("shoes", FOOTWEAR, 0.6), ("glass", VESSELS, 0.5)):
        answers = np.asarray(network(photos(archive, folder, 16))).argmax(axis=1)
        assert np.mean([answer in right for answer in answers.tolist()]) >= least, (folder, answers)
