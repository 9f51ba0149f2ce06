"""`load_dataset`: names, paths, balanced subsets, and what is said when something is missing."""

from pathlib import Path

import numpy as np
import pytest

from recycler.datasets import available_datasets, load_dataset
from recycler.errors import DatasetError
from recycler.settings import settings
from tests.datasets.pictures import write_tree, write_zip

FILES = {f"{name}/{i}.jpg": b"x" for name in ("glass", "paper") for i in range(6)} | {"metal/0.jpg": b"x"}


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("RECYCLER_DATA", str(folder))
    settings.cache_clear()
    return folder


def test_a_name_finds_its_zip_or_its_folder(data_folder: Path, own_home: Path) -> None:
    (data_folder / "trashnet").mkdir()
    file = write_zip(data_folder / "trashnet/any.zip", FILES)
    write_tree(data_folder / "garbage", FILES)
    write_tree(own_home / "data/home", FILES)
    assert available_datasets() == {
        "cifar100": None,
        "trashnet": file,
        "garbage": data_folder / "garbage",
        "home": own_home / "data/home",
        "collected": None,
    }
    for name in ("trashnet", "garbage", "home"):
        data = load_dataset(name)
        assert (data.name, data.sources, len(data)) == (name, (name,), 13)


def test_a_path_works_too(tmp_path: Path) -> None:
    assert load_dataset(str(write_zip(tmp_path / "mine.zip", FILES))).name == "mine"
    assert load_dataset(str(write_tree(tmp_path / "tree", FILES))).name == "tree"


def test_a_missing_data_set_says_what_to_set(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DatasetError, match=rf"RECYCLER_DATA, which is {data_folder}, to a folder that holds trashnet/"):
        load_dataset("trashnet")
    monkeypatch.delenv("RECYCLER_DATA")
    settings.cache_clear()
    with pytest.raises(DatasetError, match=r"RECYCLER_DATA, which is not set, .* python -m recycler download"):
        load_dataset("cifar100")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(DatasetError, match=r"no data set trashnett\. Name one of cifar100, trashnet, garbage, home"):
        load_dataset("trashnett")


def test_two_zips_under_one_name_are_not_guessed_between(data_folder: Path) -> None:
    (data_folder / "home").mkdir()
    for name in ("a.zip", "b.zip"):
        write_zip(data_folder / "home" / name, FILES)
    with pytest.raises(DatasetError, match=r"no photos in class folders.* a\.zip: an archive inside.* b\.zip"):
        load_dataset("home")


def test_a_balanced_subset_is_seeded_and_takes_all_of_a_small_class(tmp_path: Path) -> None:
    path = str(write_tree(tmp_path / "tree", FILES))
    data = load_dataset(path, per_class=3, seed=1)
    assert data.counts() == {"glass": 3, "metal": 1, "paper": 3}
    assert data.photos == load_dataset(path, per_class=3, seed=1).photos
    assert data.photos != load_dataset(path, per_class=3, seed=2).photos


def test_a_balanced_subset_keeps_the_test_split_whole(tmp_path: Path) -> None:
    files = {f"{split}/{name}" for split in ("train", "test") for name in FILES}
    data = load_dataset(str(write_tree(tmp_path / "tree", dict.fromkeys(files, b"x"))), per_class=2)
    splits = np.array(data.splits)
    assert (splits == "test").sum() == 13
    assert np.bincount(data.labels[splits == "train"]).tolist() == [2, 1, 2]


def test_no_photos_a_class_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="one is the least"):
        load_dataset(str(tmp_path), per_class=0)


@pytest.mark.parametrize(
    ("name", "photos", "classes"), [("trashnet", 2012, 6), ("garbage", 6050, 10), ("home", 240, 5)]
)
def test_the_real_zips(real_data: Path, name: str, photos: int, classes: int) -> None:
    assert real_data.is_dir()
    data = load_dataset(name)
    assert (len(data), len(data.classes), data.skipped) == (photos, classes, ())
    assert min(data.counts().values()) > 0


def test_a_real_balanced_tenth(real_data: Path) -> None:
    assert real_data.is_dir()
    data = load_dataset("cifar100", per_class=60)
    train = data.labels[[split == "train" for split in data.splits]]
    assert np.bincount(train).tolist() == [60] * 100
