"""CIFAR-100 (Krizhevsky 2009): 32x32 photos of 100 classes in 20 superclasses, from Parquet files."""

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from recycler.classes import CIFAR100
from recycler.datasets.dataset import Dataset
from recycler.errors import DatasetError

if TYPE_CHECKING:
    import pyarrow as pa  # 60 MB, and a first verdict needs none of it

SIDE = 32  # pixels

# In the order of coarse labels, which is alphabetical.
SUPERCLASSES: dict[str, tuple[str, ...]] = {
    "aquatic_mammals": ("beaver", "dolphin", "otter", "seal", "whale"),
    "fish": ("aquarium_fish", "flatfish", "ray", "shark", "trout"),
    "flowers": ("orchid", "poppy", "rose", "sunflower", "tulip"),
    "food_containers": ("bottle", "bowl", "can", "cup", "plate"),
    "fruit_and_vegetables": ("apple", "mushroom", "orange", "pear", "sweet_pepper"),
    "household_electrical_devices": ("clock", "keyboard", "lamp", "telephone", "television"),
    "household_furniture": ("bed", "chair", "couch", "table", "wardrobe"),
    "insects": ("bee", "beetle", "butterfly", "caterpillar", "cockroach"),
    "large_carnivores": ("bear", "leopard", "lion", "tiger", "wolf"),
    "large_man-made_outdoor_things": ("bridge", "castle", "house", "road", "skyscraper"),
    "large_natural_outdoor_scenes": ("cloud", "forest", "mountain", "plain", "sea"),
    "large_omnivores_and_herbivores": ("camel", "cattle", "chimpanzee", "elephant", "kangaroo"),
    "medium_mammals": ("fox", "porcupine", "possum", "raccoon", "skunk"),
    "non-insect_invertebrates": ("crab", "lobster", "snail", "spider", "worm"),
    "people": ("baby", "boy", "girl", "man", "woman"),
    "reptiles": ("crocodile", "dinosaur", "lizard", "snake", "turtle"),
    "small_mammals": ("hamster", "mouse", "rabbit", "shrew", "squirrel"),
    "trees": ("maple_tree", "oak_tree", "palm_tree", "pine_tree", "willow_tree"),
    "vehicles_1": ("bicycle", "bus", "motorcycle", "pickup_truck", "train"),
    "vehicles_2": ("lawn_mower", "rocket", "streetcar", "tank", "tractor"),
}
SUPERCLASS_OF: dict[str, str] = {fine: coarse for coarse, group in SUPERCLASSES.items() for fine in group}

# The classes that ImageNet knows too, as the thesis lists them: results are read per group, shared and not shared.
IMAGENET_SHARED: frozenset[str] = frozenset({
    "apple", "aquarium_fish", "bear", "bee", "beetle", "bicycle", "bottle", "bowl", "bridge", "bus",
    "butterfly", "camel", "clock", "couch", "crab", "crocodile", "cup", "elephant", "fox", "keyboard",
    "lamp", "leopard", "lion", "lizard", "lobster", "mushroom", "orange", "otter", "pickup_truck", "plate",
    "poppy", "porcupine", "rabbit", "ray", "shark", "skunk", "snail", "snake", "spider", "squirrel",
    "streetcar", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor", "train",
    "turtle", "wardrobe", "whale", "wolf", "worm",
})  # fmt: skip


def has_cifar100(folder: Path) -> bool:
    """Whether the folder holds photos to train on and to test with."""
    return any(folder.glob("train-*.parquet")) and any(folder.glob("test-*.parquet"))


def load_cifar100(folder: Path, name: str = "cifar100") -> Dataset:
    """All photos of train-*.parquet and test-*.parquet, as the splits "train" and "test".

    Columns: img.bytes (PNG), img.path (may be null), fine_label (0 to 99). The encoded photos stay in memory, about
    2 kB each. Raises DatasetError when files are missing, damaged or of another kind.
    """
    import pyarrow as pa

    if not has_cifar100(folder):
        raise DatasetError(f"{folder} should hold train-*.parquet and test-*.parquet of CIFAR-100, and does not.")
    files = [(split, file) for split in ("train", "test") for file in sorted(folder.glob(f"{split}-*.parquet"))]
    tables = [_read(file) for _, file in files]
    splits = np.repeat([split for split, _ in files], [len(table) for table in tables])
    table = pa.concat_tables(tables)
    encoded = table["bytes"]
    rows = np.concatenate([np.arange((splits == split).sum()) for split in ("train", "test")])
    paths = table["path"].to_pylist()
    return Dataset(
        name=name,
        classes=CIFAR100,
        photos=tuple(f"{s}/{row:05d}_{path or 'photo.png'}" for s, row, path in zip(splits, rows, paths, strict=True)),
        labels=table["label"].to_numpy().astype(np.int64),
        sources=(name,),
        source=np.zeros(len(table), dtype=np.int64),
        splits=tuple(str(split) for split in splits),
        read_bytes=lambda i: bytes(encoded[i].as_py()),
        native_size=SIDE,
        coarse=tuple((fine, SUPERCLASS_OF[fine]) for fine in CIFAR100),
        stamps=np.array([zlib.crc32(photo.as_buffer()) for photo in encoded], dtype=np.int64),
    )


def _read(file: Path) -> "pa.Table":
    """One file as the columns bytes, path and label."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    wrong = f"{file} is not the Parquet file of CIFAR-100 that was expected, or it is damaged; please get it again."
    try:
        with pq.ParquetFile(file) as parquet:  # read_table would import pyarrow.dataset first, which takes a second
            table = parquet.read(columns=["img", "fine_label"])
        photo, label = table["img"], table["fine_label"]
        columns = {"bytes": pc.struct_field(photo, "bytes"), "path": pc.struct_field(photo, "path"), "label": label}
    except (pa.ArrowException, KeyError, OSError) as problem:
        raise DatasetError(wrong) from problem
    names = (table.schema.metadata or {}).get(b"fine_names", ",".join(CIFAR100).encode())
    bounds = pc.min_max(label).as_py()
    if (
        names.decode(errors="replace") != ",".join(CIFAR100)
        or columns["bytes"].null_count + label.null_count
        or bounds["min"] is None
        or not 0 <= bounds["min"] <= bounds["max"] < len(CIFAR100)
    ):
        raise DatasetError(wrong)
    return pa.table(columns)
