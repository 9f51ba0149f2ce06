"""Named augmentations: how a photo might also have looked, as Keras layers on raw pixels in [0, 255].

A preset is a row in `PRESETS`; `augment` builds it. Frozen features are computed once an augmented copy, so a preset is
worth its cost only if a head that has seen one copy answers better on a source that it has never seen.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import keras
from keras import layers, ops

WHITE = 255.0


@keras.saving.register_keras_serializable("recycler")
class RandomView(layers.Layer):
    """Look at each photo from elsewhere: closer or farther, turned, shifted, slanted, in one warp.

    Keras's own zoom, rotation, translation and perspective would each resample the photo, and so blur it, once; one
    warp for all four keeps it sharp and costs a quarter. What comes into view from outside is the photo mirrored.

    closest, farthest: sides of the view, as a fraction of the photo's (below 1 crops, above 1 shrinks the photo);
        drawn evenly on a log scale.
    stretch: largest change of the sides' ratio, as a fraction. shift: largest shift, as a fraction of the side.
    rotation_degrees: largest turn to either side. slant: largest change of scale from the middle to an edge.
    """

    def __init__(
        self,
        closest: float,
        farthest: float,
        stretch: float,
        shift: float,
        rotation_degrees: float,
        slant: float,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.options = {
            "closest": closest,
            "farthest": farthest,
            "stretch": stretch,
            "shift": shift,
            "rotation_degrees": rotation_degrees,
            "slant": slant,
            "seed": seed,
        }
        self.log_scale = (math.log(closest), math.log(farthest))
        self.log_stretch = math.log1p(stretch) / 2
        self.shift = shift
        self.radians = math.radians(rotation_degrees)
        self.slant = slant
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, photos: Any, training: bool = True) -> Any:
        """Warp photos (N, H, W, 3); unchanged unless `training`."""
        if not training:
            return photos
        height, width = photos.shape[1:3]
        warp = self._transforms(ops.shape(photos)[0], height, width)
        return ops.image.affine_transform(photos, warp, interpolation="bilinear", fill_mode="reflect")

    def _transforms(self, count: Any, height: int, width: int) -> Any:
        """Rows (a0, a1, a2, b0, b1, b2, c0, c1), each mapping a pixel of the view to one of the photo.

        With u, v from the middle: x = (a0 u + a1 v) / (1 + c0 u + c1 v) + middle + shift, likewise y with b.
        """
        scale = ops.exp(self._draw(count, *self.log_scale))
        stretch = ops.exp(self._draw(count, -self.log_stretch, self.log_stretch))
        angle = self._draw(count, -self.radians, self.radians)
        across, down = scale * stretch, scale / stretch
        a0, a1 = across * ops.cos(angle), -across * ops.sin(angle)
        b0, b1 = down * ops.sin(angle), down * ops.cos(angle)
        c0 = self._draw(count, -self.slant, self.slant) / (width / 2)
        c1 = self._draw(count, -self.slant, self.slant) / (height / 2)
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
        to_x = middle_x + width * self._draw(count, -self.shift, self.shift)
        to_y = middle_y + height * self._draw(count, -self.shift, self.shift)
        # Multiply out u = column - middle_x, v = row - middle_y, then divide by the constant of the denominator.
        a0, a1, b0, b1 = a0 + to_x * c0, a1 + to_x * c1, b0 + to_y * c0, b1 + to_y * c1
        a2 = to_x - a0 * middle_x - a1 * middle_y
        b2 = to_y - b0 * middle_x - b1 * middle_y
        constant = 1 - c0 * middle_x - c1 * middle_y
        return ops.stack([a0, a1, a2, b0, b1, b2, c0, c1], axis=1) / constant[:, None]

    def _draw(self, count: Any, low: float, high: float) -> Any:
        return keras.random.uniform((count,), low, high, seed=self.generator)

    def get_config(self) -> dict[str, Any]:
        """The arguments to build this layer again."""
        return dict(super().get_config(), **self.options)


@keras.saving.register_keras_serializable("recycler")
class RandomLight(layers.Layer):
    """Change each photo's light: darker or brighter, flatter shadows or deeper ones, warmer or cooler.

    Each channel becomes 255 * gain * (x / 255) ** gamma. All three are drawn evenly on a log scale.

    exposure: largest gain shared by the channels, as a fraction. gamma: largest change of gamma, as a fraction.
    cast: largest gain of a single channel on top (a lamp's colour, a wrong white balance), as a fraction.
    """

    def __init__(self, exposure: float, gamma: float, cast: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.options = {"exposure": exposure, "gamma": gamma, "cast": cast, "seed": seed}
        self.log_exposure, self.log_gamma, self.log_cast = math.log1p(exposure), math.log1p(gamma), math.log1p(cast)
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, photos: Any, training: bool = True) -> Any:
        """Relight photos (N, H, W, 3) with values in [0, 255]; unchanged unless `training`."""
        if not training:
            return photos
        count = ops.shape(photos)[0]
        gain = self._draw((count, 1, 1, 1), self.log_exposure) * self._draw((count, 1, 1, 3), self.log_cast)
        gamma = self._draw((count, 1, 1, 1), self.log_gamma)
        # The lower bound keeps the power's gradient finite at black.
        unit = ops.clip(photos / WHITE, 1e-3, 1.0)
        return ops.clip(WHITE * gain * ops.power(unit, gamma), 0.0, WHITE)

    def _draw(self, shape: tuple[Any, ...], limit: float) -> Any:
        return ops.exp(keras.random.uniform(shape, -limit, limit, seed=self.generator))

    def get_config(self) -> dict[str, Any]:
        """The arguments to build this layer again."""
        return dict(super().get_config(), **self.options)


@keras.saving.register_keras_serializable("recycler")
class RandomFocus(layers.Layer):
    """Blur each photo a little, as a hand that shakes: mix it with its mean over 3x3 pixels.

    Keras's own blur and sharpness pad with black, which darkens the photo's rim.

    most: largest share of the blurred photo in the mix, in [0, 1].
    """

    def __init__(self, most: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.options = {"most": most, "seed": seed}
        self.most = most
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, photos: Any, training: bool = True) -> Any:
        """Blur photos (N, H, W, 3); unchanged unless `training`."""
        if not training:
            return photos
        share = keras.random.uniform((ops.shape(photos)[0], 1, 1, 1), 0.0, self.most, seed=self.generator)
        return photos + share * (ops.average_pool(photos, 3, strides=1, padding="same") - photos)

    def get_config(self) -> dict[str, Any]:
        """The arguments to build this layer again."""
        return dict(super().get_config(), **self.options)


def _none(seeds: Iterator[int]) -> list[layers.Layer]:
    """The photo as it is."""
    return []


def _phone(seeds: Iterator[int]) -> list[layers.Layer]:
    """What a phone at home does to a photo: nearer or farther, held askew, lamp light, a little out of focus."""
    return [
        layers.RandomFlip("horizontal", seed=next(seeds)),
        RandomView(
            closest=0.65, farthest=1.3, stretch=0.2, shift=0.08, rotation_degrees=25, slant=0.15, seed=next(seeds)
        ),
        RandomLight(exposure=0.35, gamma=0.3, cast=0.15, seed=next(seeds)),
        layers.RandomContrast(0.25, value_range=(0, 255), seed=next(seeds)),
        layers.RandomSaturation((0.35, 0.6), value_range=(0, 255), seed=next(seeds)),
        RandomFocus(1.0, seed=next(seeds)),
    ]


PRESETS: dict[str, Callable[[Iterator[int]], list[layers.Layer]]] = {"none": _none, "phone": _phone}


def augment(preset: str, seed: int) -> keras.Sequential:
    """The augmentation `preset` (a key of PRESETS) for photos (N, H, W, 3), uint8 or float, in [0, 255].

    Called with photos, it gives float32 of the same shape in [0, 255]. Two builds with the same seed that are given the
    same batches in the same order give the same pixels; every call draws anew. Raises KeyError for an unknown preset.
    """
    seeds = iter(range(seed * 1_000, (seed + 1) * 1_000))
    return keras.Sequential([layers.Rescaling(1.0), *PRESETS[preset](seeds)], name=f"augment_{preset}")
