from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recycler.classes import CIFAR100
from recycler.datasets.cifar100 import IMAGENET_SHARED, SUPERCLASS_OF, SUPERCLASSES, load_cifar100
from recycler.errors import DatasetError
from recycler.photos import open_photo
from tests.datasets.pictures import encode, scene


def write(file: Path, labels: list[int], path: str | None = "cup_s_1.png", names: str = ",".join(CIFAR100)) -> None:
    photos = [{"bytes": encode(scene(label, 32, 32), "PNG"), "path": path} for label in labels]
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    table = pa.table({"img": pa.array(photos, kind), "fine_label": pa.array(labels, pa.int64())})
    pq.write_table(table.replace_schema_metadata({"fine_names": names}), file)


def test_the_tables_of_classes_agree() -> None:
    assert sorted(SUPERCLASS_OF) == list(CIFAR100) == sorted(CIFAR100)
    assert list(SUPERCLASSES) == sorted(SUPERCLASSES)
    assert {len(group) for group in SUPERCLASSES.values()} == {5}
    assert len(IMAGENET_SHARED) == 54
    assert set(CIFAR100) >= IMAGENET_SHARED


def test_all_shards_are_read_and_keep_their_split(tmp_path: Path) -> None:
    write(tmp_path / "train-00001-of-00002.parquet", [2])
    write(tmp_path / "train-00000-of-00002.parquet", [0, 1])
    write(tmp_path / "test-00000-of-00001.parquet", [99], path=None)
    data = load_cifar100(tmp_path)
    assert data.labels.tolist() == [0, 1, 2, 99]
    assert data.splits == ("train", "train", "train", "test")
    assert data.photos == (
        "train/00000_cup_s_1.png",
        "train/00001_cup_s_1.png",
        "train/00002_cup_s_1.png",
        "test/00000_photo.png",
    )
    assert data.native_size == 32
    assert dict(data.coarse)["worm"] == "non-insect_invertebrates"
    assert np.array_equal(open_photo(data.read_bytes(2)), np.asarray(scene(2, 32, 32)))


@pytest.mark.parametrize("damage", ["missing", "bytes", "columns", "labels", "names"])
def test_a_wrong_file_is_one_sentence(tmp_path: Path, damage: str) -> None:
    write(tmp_path / "train-0.parquet", [0])
    test = tmp_path / "test-0.parquet"
    if damage == "bytes":
        test.write_bytes(b"no parquet")
    elif damage == "columns":
        pq.write_table(pa.table({"fine_label": [1]}), test)
    elif damage == "labels":
        write(test, [100])
    elif damage == "names":
        write(test, [1], names="cat,dog")
    with pytest.raises(DatasetError, match="should hold train" if damage == "missing" else "is not the Parquet file"):
        load_cifar100(tmp_path)


def test_the_real_photos(real_data: Path) -> None:
    data = load_cifar100(real_data / "cifar100")
    test = np.array([split == "test" for split in data.splits])
    assert (~test).sum() >= 25_000
    assert test.sum() >= 5_000
    assert np.bincount(data.labels[test]).min() >= 50
    assert len(set(data.photos)) == len(data)
    assert open_photo(data.read_bytes(len(data) - 1)).shape == (32, 32, 3)
    for file in (real_data / "cifar100").glob("test-*.parquet"):
        table = pq.ParquetFile(file).read(columns=["fine_label", "coarse_label"])
        superclasses = list(SUPERCLASSES)
        for fine, coarse in zip(table["fine_label"].to_pylist(), table["coarse_label"].to_pylist(), strict=True):
            assert SUPERCLASS_OF[CIFAR100[fine]] == superclasses[coarse]
