"""Named augmentations: how a photo might also have looked, as Keras layers on raw pixels in [0, 255].

Each layer turns photos (n, height, width, 3) into others, by a few random numbers a photo. `augment` chains those that
a recipe asks for into one network of two inputs, photos and numbers. Numbers that are drawn by photo and look, not by
batch, give the same pixels in whatever order, batch or process a photo is augmented, so that what was computed before
can be kept (see activations.py).
"""

import math
from collections.abc import Callable
from typing import Any, ClassVar

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from recycler.errors import TrainingError
from recycler.recipe import Augmentation

WHITE = 255.0
LARGEST_WHITENED = 32  # pixels a side: a matrix of (3 * 32 * 32)^2 numbers takes 38 MB, one for 64 would take 600
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601

_register = keras.saving.register_keras_serializable("recycler")


class Change(layers.Layer):
    """Base of all augmentations.

    numbers: how many uniform numbers in [0, 1) a photo takes. Its options are numbers, given by name, and saved.
    """

    numbers: ClassVar[int]

    def __init__(self, seed: int | None = None, name: str | None = None, **options: Any) -> None:
        super().__init__(name=name)
        self.options = options
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, photos: Any, numbers: Any = None, training: bool = True) -> Any:
        """Photos (n, h, w, 3), 0 to 255, changed by numbers (n, `numbers`); without them, in training, by new ones."""
        if numbers is None:
            if not training:
                return photos
            numbers = keras.random.uniform((ops.shape(photos)[0], self.numbers), seed=self.generator)
        return self.change(photos, [numbers[:, i] for i in range(self.numbers)])

    def change(self, photos: Any, numbers: list[Any]) -> Any:
        """The changed photos; numbers: one tensor (n,) each."""
        raise NotImplementedError

    def compute_output_shape(self, photos_shape: Any, *_: Any) -> Any:
        """Shapes stay."""
        return photos_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments to build this layer again."""
        return {"name": self.name, "seed": self.seed, **self.options}


def _between(number: Any, limit: float) -> Any:
    """A number in [0, 1) to one in [-limit, limit)."""
    return (2 * number - 1) * limit


def _factor(number: Any, fraction: float) -> Any:
    """A number in [0, 1) to a factor between 1 / (1 + fraction) and 1 + fraction, evenly on a log scale."""
    return ops.exp(_between(number, math.log1p(fraction)))


def _spread(values: Any) -> Any:
    """(n,) to (n, 1, 1, 1)."""
    return values[:, None, None, None]


@_register
class RandomView(Change):
    """Look at each photo from elsewhere: turned, shifted, nearer, slanted, cropped, mirrored, all in one warp.

    One layer for each would resample, and so blur, the photo as often, and cost as much each time.
    Options: the fields of Augmentation of the same names, and `fill_mode`.
    """

    numbers = 12

    def change(self, photos: Any, numbers: list[Any]) -> Any:
        """See Change."""
        height, width = photos.shape[1:3]
        warp = self._transforms(numbers, height, width)
        return ops.image.affine_transform(
            photos, warp, interpolation="bilinear", fill_mode=self.options["fill_mode"], fill_value=0.0
        )

    def _transforms(self, numbers: list[Any], height: int, width: int) -> Any:
        """Rows (a0, a1, a2, b0, b1, b2, c0, c1), each mapping a pixel of the view to one of the photo.

        With u, v from the middle: x = (a0 u + a1 v) / (1 + c0 u + c1 v) + middle + shift, likewise y with b.
        """
        o = self.options
        turn, right, down, zoom, stretch, shear, tip, tilt, crop_x, crop_y, mirror, topple = numbers
        nearest, farthest = math.log(1 - o["zoom_fraction"]), math.log1p(o["zoom_fraction"])
        side = ops.exp(nearest + (farthest - nearest) * zoom) * (1 - o["crop_fraction"])
        ratio = ops.exp(_between(stretch, math.log1p(o["stretch_fraction"]) / 2))
        angle = _between(turn, math.radians(o["rotation_degrees"]))
        lean = ops.tan(_between(shear, math.radians(o["shear_degrees"])))
        mirrored = 1 - 2 * ops.cast(mirror < o["horizontal_flip_share"], "float32")
        toppled = 1 - 2 * ops.cast(topple < o["vertical_flip_share"], "float32")
        a0, b0 = side * ratio * ops.cos(angle), side / ratio * ops.sin(angle)
        a1, b1 = -side * ratio * ops.sin(angle) + lean * a0, side / ratio * ops.cos(angle) + lean * b0
        a0, b0, a1, b1 = a0 * mirrored, b0 * mirrored, a1 * toppled, b1 * toppled
        c0 = _between(tip, o["slant_fraction"]) / (width / 2)
        c1 = _between(tilt, o["slant_fraction"]) / (height / 2)
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
        room = o["crop_fraction"] / 2
        to_x = middle_x + width * (_between(right, o["horizontal_shift_fraction"]) + _between(crop_x, room))
        to_y = middle_y + height * (_between(down, o["vertical_shift_fraction"]) + _between(crop_y, room))
        # Multiply out u = column - middle_x, v = row - middle_y, then divide by the constant of the denominator.
        a0, a1, b0, b1 = a0 + to_x * c0, a1 + to_x * c1, b0 + to_y * c0, b1 + to_y * c1
        a2 = to_x - a0 * middle_x - a1 * middle_y
        b2 = to_y - b0 * middle_x - b1 * middle_y
        constant = 1 - c0 * middle_x - c1 * middle_y
        return ops.stack([a0, a1, a2, b0, b1, b2, c0, c1], axis=1) / constant[:, None]


@_register
class RandomBackground(Change):
    """Lay another ground, a slope between two random colours, under photos on even ground.

    Ground is what has about the colour of the rim. Photos whose rim is not even stay as they are.
    """

    numbers = 8
    even = 0.12  # standard deviation of the rim, of 255: white board and its shadows, not a kitchen
    near, far = 0.08, 0.2  # distance from the rim's colour, of 255, up to which all is ground, from which all is thing

    def change(self, photos: Any, numbers: list[Any]) -> Any:
        """See Change."""
        height, width = photos.shape[1:3]
        rim = ops.concatenate([photos[:, 0], photos[:, -1], photos[:, :, 0], photos[:, :, -1]], axis=1) / WHITE
        plain = (ops.mean(ops.std(rim, axis=1), axis=-1) < self.even) & (numbers[0] < self.options["background_share"])
        distance = ops.max(ops.abs(photos / WHITE - ops.mean(rim, axis=1)[:, None, None]), axis=-1, keepdims=True)
        ground = ops.clip((self.far - distance) / (self.far - self.near), 0, 1) * _spread(ops.cast(plain, "float32"))
        one, other = (ops.stack(numbers[i : i + 3], axis=1)[:, None, None] * WHITE for i in (1, 4))
        angle = _spread(numbers[7] * 2 * math.pi)
        across = ops.reshape(ops.linspace(-0.35, 0.35, width), (1, 1, width, 1))
        down = ops.reshape(ops.linspace(-0.35, 0.35, height), (1, height, 1, 1))
        slope = 0.5 + ops.cos(angle) * across + ops.sin(angle) * down
        return photos + ground * (one + (other - one) * slope - photos)


@_register
class RandomLight(Change):
    """Change each photo's light: brightness, gamma, a cast of colour, a shift of channels, contrast.

    Each channel becomes 255 * gain * (x / 255) ** gamma + shift, then contrast is taken about the photo's mean.
    """

    numbers = 9

    def change(self, photos: Any, numbers: list[Any]) -> Any:
        """See Change."""
        o = self.options
        gain = _spread(_factor(numbers[0], o["brightness_fraction"]))
        if o["colour_cast_fraction"]:
            gain = gain * _factor(ops.stack(numbers[1:4], axis=1), o["colour_cast_fraction"])[:, None, None]
        if o["gamma_fraction"]:  # the power is the dearest of these operations
            unit = ops.clip(photos / WHITE, 1e-3, 1.0)
            photos = WHITE * ops.power(unit, _spread(_factor(numbers[4], o["gamma_fraction"])))
        photos = photos * gain
        if o["channel_shift_levels"]:
            photos = photos + _between(ops.stack(numbers[5:8], axis=1), o["channel_shift_levels"])[:, None, None]
        if o["contrast_fraction"]:
            mean = ops.mean(photos, axis=(1, 2, 3), keepdims=True)
            photos = mean + _spread(_factor(numbers[8], o["contrast_fraction"])) * (photos - mean)
        return ops.clip(photos, 0.0, WHITE)


# RGB to luma and two axes of colour at right angles (NTSC's YIQ); a turn about luma in it is a turn of the hue.
_YIQ = np.array([LUMA, [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
_TURN = (np.linalg.inv(_YIQ) @ [[0, 0, 0], [0, 0, -1], [0, 1, 0]] @ _YIQ).astype(np.float32)


@_register
class RandomColour(Change):
    """Change each photo's saturation and hue in one matrix a photo; its luma stays, but for clipping."""

    numbers = 2

    def change(self, photos: Any, numbers: list[Any]) -> Any:
        """See Change."""
        height, width = photos.shape[1:3]
        saturation = _factor(numbers[0], self.options["saturation_fraction"])[:, None, None]
        angle = _between(numbers[1], math.radians(self.options["hue_degrees"]))[:, None, None]
        grey = ops.convert_to_tensor(np.tile(LUMA, (3, 1)))
        colour = ops.cos(angle) * (ops.eye(3) - grey) + ops.sin(angle) * ops.convert_to_tensor(_TURN)
        matrix = ops.transpose(grey + saturation * colour, (0, 2, 1))
        changed = ops.matmul(ops.reshape(photos, (-1, height * width, 3)), matrix)
        return ops.clip(ops.reshape(changed, (-1, height, width, 3)), 0.0, WHITE)


@_register
class RandomBlur(Change):
    """Blur each photo a little, as a hand that shakes: mix it with its mean over 3x3 pixels.

    Keras's own blur pads with black, which darkens the photo's rim.
    """

    numbers = 1

    def change(self, photos: Any, numbers: list[Any]) -> Any:
        """See Change."""
        share = _spread(numbers[0]) * self.options["blur_share"]
        return photos + share * (ops.average_pool(photos, 3, strides=1, padding="same") - photos)


# ITU-T T.81, annex K: steps of quantisation for luma and for colour.
_STEPS = np.array(
    """
    16 11 10 16 24 40 51 61  12 12 14 19 26 58 60 55  14 13 16 24 40 57 69 56  14 17 22 29 51 87 80 62
    18 22 37 56 68 109 103 77  24 35 55 64 81 104 113 92  49 64 78 87 103 121 120 101  72 92 95 98 112 100 103 99
    17 18 24 47 99 99 99 99  18 21 26 66 99 99 99 99  24 26 56 99 99 99 99 99  47 66 99 99 99 99 99 99
    99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99
    """.split(),
    np.float32,
).reshape(2, 8, 8)
_TO_YCC = np.array([LUMA, [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32)  # JFIF
_DCT = np.array(
    [[(0.5 if k else 0.125**0.5) * math.cos((2 * x + 1) * k * math.pi / 16) for x in range(8)] for k in range(8)],
    np.float32,
)


@_register
class RandomJpeg(Change):
    """What a JPEG of low quality does to each photo: blocks of 8x8 pixels, their cosine transform rounded in steps."""

    numbers = 1

    def change(self, photos: Any, numbers: list[Any]) -> Any:
        """See Change."""
        height, width = photos.shape[1:3]
        quality = 100 - numbers[0] * self.options["jpeg_loss"]
        percent = ops.where(quality < 50, 5000 / quality, 200 - 2 * quality)[:, None, None, None]
        table = np.moveaxis(_STEPS[[0, 1, 1]], 0, -1)[None]  # (1, 8, 8, 3)
        steps = ops.maximum(table * percent / 100, 1.0)[:, None, :, None]  # (n, 1, 8, 1, 8, 3)
        rows, columns = -(-height // 8), -(-width // 8)
        padding = ((0, 0), (0, 8 * rows - height), (0, 8 * columns - width), (0, 0))
        ycc = ops.pad(ops.matmul(photos, _TO_YCC.T), padding, mode="symmetric")
        blocks = ops.reshape(ycc, (-1, rows, 8, columns, 8, 3))
        waves = ops.einsum("ky,nrycxd,lx->nrkcld", _DCT, blocks, _DCT)
        kept = ops.round(waves / steps) * steps
        back = ops.reshape(ops.einsum("ky,nrkcld,lx->nrycxd", _DCT, kept, _DCT), (-1, 8 * rows, 8 * columns, 3))
        rgb = ops.matmul(back[:, :height, :width], np.linalg.inv(_TO_YCC).T.astype(np.float32))
        return ops.clip(rgb, 0.0, WHITE)


@_register
class RandomCutout(Change):
    """Cover a square of each photo with grey (DeVries and Taylor 2017); at the rim a part of it may lie outside."""

    numbers = 2

    def change(self, photos: Any, numbers: list[Any]) -> Any:
        """See Change."""
        height, width = photos.shape[1:3]
        half = self.options["cutout_fraction"] / 2
        inside_x = ops.abs(ops.arange(width, dtype="float32") / width - numbers[0][:, None]) < half
        inside_y = ops.abs(ops.arange(height, dtype="float32") / height - numbers[1][:, None]) < half
        covered = (inside_y[:, :, None] & inside_x[:, None, :])[..., None]
        return ops.where(covered, WHITE / 2, photos)


@_register
class Whitening(Change):
    """ZCA whitening: pixels freed of what they share with others, so that edges remain, mixed into the photo.

    `adapt` fits it, on training photos only. Whitened pixels (mean 0, deviation 1) are shown as 127.5 + 40 x.
    """

    numbers = 0

    def build(self, photos_shape: Any, *_: Any) -> None:
        """Make room for mean and matrix."""
        size = int(np.prod(photos_shape[1:]))
        if photos_shape[1] > LARGEST_WHITENED:
            raise TrainingError(
                f"ZCA whitening takes photos of at most {LARGEST_WHITENED} pixels a side, and these have "
                f"{photos_shape[1]}. Set zca_fraction to 0, or choose another preset than heavy."
            )
        self.mean = self.add_weight(shape=(size,), initializer="zeros", trainable=False, name="mean")
        self.matrix = self.add_weight(shape=(size, size), initializer="identity", trainable=False, name="matrix")

    def adapt(self, photos: NDArray[np.uint8]) -> None:
        """Fit mean and matrix on training photos (n, h, w, 3)."""
        # Of fewer photos than pixels the covariance has few directions, found at small cost; the rest is epsilon alone.
        flat = photos.reshape(len(photos), -1).astype(np.float32) / WHITE
        mean = flat.mean(axis=0)
        _, deviations, directions = np.linalg.svd(flat - mean, full_matrices=False)
        variances = deviations**2 / len(photos)
        epsilon = 0.01 * variances.sum() / flat.shape[1]  # what hardly varies is noise, and stays small
        scale = 1 / np.sqrt(variances + epsilon) - 1 / np.sqrt(epsilon)
        self.mean.assign(mean)
        self.matrix.assign((directions.T * scale) @ directions + np.eye(flat.shape[1]) / np.sqrt(epsilon))

    def change(self, photos: Any, numbers: list[Any]) -> Any:
        """See Change."""
        flat = ops.reshape(photos, (-1, int(np.prod(photos.shape[1:])))) / WHITE
        white = ops.reshape(ops.matmul(flat - self.mean, self.matrix), (-1, *photos.shape[1:]))
        shown = ops.clip(WHITE / 2 + 40 * white, 0.0, WHITE)
        return photos + self.options["zca_fraction"] * (shown - photos)


# Layer name to its class and the fields of Augmentation that it takes; in the order in which a camera meets them.
CHANGES: dict[str, tuple[type[Change], tuple[str, ...]]] = {
    "background": (RandomBackground, ("background_share",)),
    "view": (
        RandomView,
        (
            "rotation_degrees",
            "horizontal_shift_fraction",
            "vertical_shift_fraction",
            "zoom_fraction",
            "stretch_fraction",
            "shear_degrees",
            "slant_fraction",
            "crop_fraction",
            "horizontal_flip_share",
            "vertical_flip_share",
        ),
    ),
    "light": (
        RandomLight,
        (
            "brightness_fraction",
            "gamma_fraction",
            "colour_cast_fraction",
            "channel_shift_levels",
            "contrast_fraction",
        ),
    ),
    "colour": (RandomColour, ("saturation_fraction", "hue_degrees")),
    "blur": (RandomBlur, ("blur_share",)),
    "jpeg": (RandomJpeg, ("jpeg_loss",)),
    "cutout": (RandomCutout, ("cutout_fraction",)),
    "whitening": (Whitening, ("zca_fraction",)),
}


def augment(
    change: Augmentation, size: int, training_photos: Callable[[], NDArray[np.uint8]] | None = None
) -> keras.Model:
    """What a recipe does to training photos: a network of {"photo": (n, size, size, 3), "numbers": (n, k)}.

    Photos are uint8 or float in [0, 255]; the result is float32 of the same shape and range (unless rescaled).
    Layers whose strengths are all 0 are left out. training_photos: gives photos (n, size, size, 3) to fit whitening on.
    Raises TrainingError when whitening is asked for large photos.
    """
    used = {name: fields for name, (_, fields) in CHANGES.items() if {*fields} & {*change.changes}}
    photo = keras.Input((size, size, 3), name="photo")
    numbers = keras.Input((sum(CHANGES[name][0].numbers for name in used),), name="numbers")
    x, taken = photo, 0
    for name, fields in used.items():
        kind = CHANGES[name][0]
        options = {field: getattr(change, field) for field in fields}
        if kind is RandomView:
            options["fill_mode"] = change.fill_mode
        layer = kind(name=name, **options)
        x = layer(x, numbers[:, taken : taken + kind.numbers])
        if isinstance(layer, Whitening) and training_photos is not None:
            layer.adapt(training_photos())
        taken += kind.numbers
    x = layers.Rescaling(change.rescale_factor, name="rescaling")(x)
    return keras.Model({"photo": photo, "numbers": numbers}, x, name="augment")


def look_numbers(network: keras.Model, seed: int, look: int, photos: int) -> NDArray[np.float32]:
    """The numbers (photos, k) by which `augment`'s network makes one look of each photo; the same whenever asked."""
    shape = photos, network.input["numbers"].shape[-1]
    return np.random.default_rng([seed, look]).random(shape, dtype=np.float32)
