"""Photos from a white ground laid on grey ones: a stand-in for a stranger's table.

The classes that do not go to the recycling are known to one source alone, so leaving a source out says nothing about
them. This does: what lies on white in a shop is seen as a phone would see it on a worktop, with shadow, lamp light and
less contrast.
"""

import io
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from recycler.datasets.dataset import Dataset, IntArray
from recycler.photos import Photo, read_photo

SIDE = 224  # pixels
WHITE = 235  # least value of all channels on a white ground
DRAWS = 2  # of each thing


def on_grey(data: Dataset, photos: IntArray, seed: int = 0) -> Dataset:
    """Those of the photos (indices) that lie on white, cut out and laid on grey, each `DRAWS` times."""
    rng = np.random.default_rng(seed)
    indices: list[int] = []
    files: list[bytes] = []
    for i in photos.tolist():
        photo = read_photo(data.read_bytes(i), SIDE)
        thing = cut_out(photo)
        if thing is not None:
            indices += [i] * DRAWS
            files += [_png(lay(photo, thing, rng)) for _ in range(DRAWS)]
    names = tuple(f"{data.photos[i]} on grey {n}" for n, i in enumerate(indices))
    return replace(
        data.pick(indices), name="on grey", photos=names, read_bytes=lambda i: files[i], stamps=None, skipped=()
    )


def cut_out(photo: Photo) -> NDArray[np.float32] | None:
    """How much of each pixel (S, S), 0 to 1, is the thing on a white ground; None where the ground is not white."""
    white = photo.min(axis=2) > WHITE
    rim = np.ones_like(white)
    rim[1:-1, 1:-1] = False
    if white[rim].mean() < 0.9:
        return None
    areas, _ = ndimage.label(white)
    ground = np.isin(areas, np.setdiff1d(areas[rim], 0))
    if not 0.08 < 1 - ground.mean() < 0.85:
        return None
    soft: NDArray[np.float32] = ndimage.gaussian_filter(ndimage.binary_erosion(~ground).astype(np.float32), 0.8)
    return soft


def lay(photo: Photo, thing: NDArray[np.float32], rng: np.random.Generator) -> Photo:
    """The thing, smaller and turned, on an uneven grey ground with a shadow, under a lamp, a little out of focus."""
    layer = Image.fromarray(np.dstack([photo, (255 * thing).astype(np.uint8)]))
    side = int(SIDE * rng.uniform(0.55, 0.85))
    layer = layer.resize((side, side)).rotate(rng.uniform(-40, 40), Image.Resampling.BICUBIC, expand=True)
    sheet = Image.new("RGBA", (SIDE, SIDE))
    across, down = rng.integers(-15, 16, 2)
    sheet.paste(layer, ((SIDE - layer.width) // 2 + across, (SIDE - layer.height) // 2 + down))
    pixels = np.asarray(sheet, dtype=np.float32)
    share = pixels[..., 3:] / 255
    row, column = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
    light, angle = rng.uniform(0.93, 1.07, 3), rng.uniform(0, 2 * np.pi)
    slope = 1 + 0.25 * (np.cos(angle) * column + np.sin(angle) * row)
    ground = rng.uniform(110, 190) * slope[..., None] * light + rng.normal(0, 4, (SIDE, SIDE, 1))
    shadow = ndimage.shift(ndimage.gaussian_filter(share[..., 0], 7), (6, 5))
    ground *= 1 - 0.4 * shadow[..., None]
    seen = share * pixels[..., :3] * light * rng.uniform(0.6, 0.9) + (1 - share) * ground
    blurred = ndimage.gaussian_filter(seen, (*[rng.uniform(0.2, 0.9)] * 2, 0))
    return np.asarray(blurred.clip(0, 255), dtype=np.uint8)


def _png(photo: Photo) -> bytes:
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "PNG", compress_level=1)
    return file.getvalue()
