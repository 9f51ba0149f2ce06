from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from recycler.datasets.dataset import Dataset, join
from recycler.datasets.near_copies import near_copy_groups, photo_hashes
from recycler.datasets.split import Split, split
from recycler.errors import DatasetError
from tests.datasets.pictures import dataset, encode, photo, scene


def made(*photos_a_class: int, name: str = "made") -> Dataset:
    labels = [label for label, count in enumerate(photos_a_class) for _ in range(count)]
    return dataset([b""] * len(labels), labels, name)


def sides(parts: Split, size: int) -> list[str]:
    names = [""] * size
    for name in ("train", "validation", "test"):
        for i in getattr(parts, name):
            assert not names[i], "a photo is in two parts"
            names[i] = name
    return names


def test_each_class_of_each_source_is_divided_in_the_asked_shares() -> None:
    data = join([made(100, 40, name="one"), made(20, 60, name="two")])
    parts = split(data, groups=np.arange(len(data)), validation=0.2, test=0.1, seed=0)
    assert "" not in sides(parts, len(data))
    for source, label, photos in ((0, 0, 100), (0, 1, 40), (1, 0, 20), (1, 1, 60)):
        stratum = (data.source == source) & (data.labels == label)
        assert stratum[parts.validation].sum() == photos // 5
        assert stratum[parts.test].sum() == photos // 10


def test_the_seed_decides() -> None:
    data = made(50, 50)
    first, again, other = (
        split(data, groups=np.arange(100), validation=0.2, test=0.2, seed=seed).test.tolist() for seed in (1, 1, 2)
    )
    assert first == again != other
    assert first == sorted(first)


def test_neither_another_source_nor_a_photo_that_goes_moves_a_photo_to_another_part() -> None:
    def part_of(*parts: Dataset) -> dict[str, str]:
        data = join(parts)
        found = split(data, groups=np.arange(len(data)), validation=0.2, test=0.2, seed=3)
        return dict(zip(data.photos, sides(found, len(data)), strict=True))

    data = made(50, 50)
    alone, beside = part_of(data), part_of(made(30, 30, name="first"), data)
    assert alone.items() <= beside.items()
    without = part_of(data.pick(np.arange(1, 100)))
    moved = {photo for photo, part in without.items() if part != alone[photo]}
    assert len(moved) <= 2  # into the places that the photo left


def test_groups_stay_together_and_shares_hold_nearly() -> None:
    data = made(300, 300)
    groups = np.random.default_rng(0).integers(0, 250, 600)  # also across classes
    parts = split(data, groups=groups, validation=0.15, test=0.15, seed=0)
    names = np.array(sides(parts, 600))
    assert all(len(set(names[groups == group])) == 1 for group in np.unique(groups))
    for label in (0, 1):
        for name in ("validation", "test"):
            assert 0.12 <= (names[data.labels == label] == name).mean() <= 0.18


def test_copies_of_a_photo_never_fall_on_both_sides() -> None:
    originals = [photo(i) for i in range(12)]
    copies = [encode(scene(i).resize((48, 36), Image.Resampling.LANCZOS), quality=60) for i in range(12)]
    data = dataset(originals + originals + copies, [i % 2 for i in range(12)] * 3)
    groups = near_copy_groups(photo_hashes(data)[0])
    for seed in range(5):
        names = sides(split(data, groups=groups, validation=0.25, test=0.25, seed=seed), 36)
        assert names[:12] == names[12:24] == names[24:]
        assert {"train", "validation", "test"} == set(names)


def test_a_given_test_split_is_the_test_and_its_copies_are_left_out_of_train() -> None:
    data = replace(made(30, 30), splits=("train", "train", "test") * 20)
    groups = np.arange(60)
    groups[0] = groups[2]  # a training photo that is a copy of a test photo
    parts = split(data, groups=groups, validation=0.25, test=0.5, seed=0)
    assert parts.test.tolist() == list(range(2, 60, 3))
    assert 0 not in [*parts.train, *parts.validation]
    assert len(parts.validation) == 10
    assert len(parts.train) == 29


def test_joined_with_a_source_without_test_each_is_divided_its_own_way() -> None:
    given = replace(made(20, name="given"), splits=("train", "test") * 10)
    data = join([given, made(20, name="free")])
    parts = split(data, groups=np.arange(40), validation=0.1, test=0.1, seed=0)
    assert parts.test[parts.test < 20].tolist() == list(range(1, 20, 2))
    assert (parts.test >= 20).sum() == 2


def test_a_small_class_gives_one_photo_to_each_part() -> None:
    names = sides(split(made(3, 100), groups=np.arange(103), validation=0.1, test=0.1, seed=0), 103)
    assert sorted(names[:3]) == ["test", "train", "validation"]


def test_parts_that_nobody_asked_for_stay_empty() -> None:
    parts = split(made(10), groups=np.arange(10), validation=0, test=0, seed=0)
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (10, 0, 0)


@pytest.mark.parametrize(("validation", "test"), [(0.5, 0.5), (-0.1, 0.1), (0.1, 1.0)])
def test_shares_out_of_range_are_refused(validation: float, test: float) -> None:
    with pytest.raises(DatasetError, match="should be 0 or more, and together less than 1"):
        split(made(10), groups=np.arange(10), validation=validation, test=test, seed=0)


def test_too_few_photos_are_refused() -> None:
    with pytest.raises(DatasetError, match="made has 2 photos, too few for a validation part"):
        split(made(2), groups=np.arange(2), validation=0.1, test=0.1, seed=0)
