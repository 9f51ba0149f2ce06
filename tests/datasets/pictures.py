"""Small photos made on the spot: each seed another scene, with large shapes and finer ones as real photos have."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from recycler.datasets.dataset import Dataset


def scene(seed: int, width: int = 96, height: int = 72) -> Image.Image:
    rng = np.random.default_rng(seed)
    layers = []
    for side, share in ((4, 0.5), (8, 0.3), (16, 0.2)):
        cells = Image.fromarray(rng.integers(0, 256, (side, side, 3), dtype=np.uint8))
        layers.append(share * np.asarray(cells.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float64))
    return Image.fromarray(np.sum(layers, axis=0).astype(np.uint8))


def encode(image: Image.Image, kind: str = "JPEG", **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def photo(seed: int) -> bytes:
    return encode(scene(seed))


def write_tree(root: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def write_zip(file: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in files.items():
            pack.writestr(name, data)
    return file


def dataset(photos: list[bytes], labels: list[int], name: str = "made", splits: list[str] | None = None) -> Dataset:
    return Dataset(
        name=name,
        classes=tuple("abcdefgh"[: max(labels) + 1]),
        photos=tuple(f"{i}.jpg" for i in range(len(photos))),
        labels=np.array(labels, dtype=np.int64),
        sources=(name,),
        source=np.zeros(len(photos), dtype=np.int64),
        splits=tuple(splits or [""] * len(photos)),
        read_bytes=lambda i: photos[i],
    )
