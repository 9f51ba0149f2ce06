from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recycler.datasets import load_dataset
from recycler.datasets.near_copies import near_copy_groups, photo_hashes
from recycler.settings import settings
from tests.datasets.pictures import dataset, encode, photo, scene


def groups_of(photos: list[bytes]) -> list[int]:
    hashes, readable = photo_hashes(dataset(photos, [0] * len(photos)))
    assert readable.all()
    return near_copy_groups(hashes).tolist()


COPIES = {
    "exact": photo(0),
    "half": encode(scene(0).resize((48, 36), Image.Resampling.LANCZOS)),
    "poor": encode(scene(0), quality=30),
    "png": encode(scene(0), "PNG"),
    "square": encode(scene(0).resize((64, 64))),
    "mirrored": encode(scene(0).transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
}


@pytest.mark.parametrize("copy", COPIES)
def test_copies_are_one_group_and_others_are_not(copy: str) -> None:
    groups = groups_of([photo(0), photo(1), COPIES[copy], photo(2)])
    assert groups[0] == groups[2]
    assert len(set(groups)) == 3


def test_forty_scenes_are_forty_groups() -> None:
    assert len(set(groups_of([photo(i) for i in range(40)]))) == 40


def test_copies_of_copies_are_one_group() -> None:
    bits = np.zeros((3, 2, 32), np.uint8)
    bits[:, 1] = 255  # mirror images of none
    bits[1, 0, :4] = bits[2, 0, :8] = 255  # 0 and 2 are 64 bits apart, each 32 from 1
    assert len(set(near_copy_groups(bits).tolist())) == 1
    assert near_copy_groups(bits)[[0, 2]].tolist() == near_copy_groups(bits)[[2, 0]].tolist()
    assert len(set(near_copy_groups(bits[[0, 2]]).tolist())) == 2


def test_every_near_pair_is_found_however_its_bits_lie() -> None:
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 256, (300, 2, 32), dtype=np.uint8)
    for i in range(0, 300, 2):  # each second photo differs from its neighbour in exactly 40 bits or 41
        mask = np.zeros(256, np.uint8)
        mask[rng.choice(256, 40 + i % 4 // 2, replace=False)] = 1
        bits[i + 1, 0] = bits[i, 0] ^ np.packbits(mask)
    groups = near_copy_groups(bits)
    together = [groups[i] == groups[i + 1] for i in range(0, 300, 2)]
    assert together == [i % 4 == 0 for i in range(0, 300, 2)]


def test_photos_that_cannot_be_opened_are_found_and_the_rest_goes_on() -> None:
    whole = photo(0)
    hashes, readable = photo_hashes(dataset([whole, b"not a photo", whole[:400], photo(1)], [0] * 4))
    assert readable.tolist() == [True, False, False, True]
    assert hashes.shape == (4, 2, 32)


def test_hashes_are_kept_and_a_damaged_file_is_made_again() -> None:
    opened: list[int] = []
    photos = [photo(i) for i in range(40)]
    data = dataset(photos, [0] * 40)

    def read(i: int) -> bytes:
        opened.append(i)
        return photos[i]

    object.__setattr__(data, "read_bytes", read)
    first, _ = photo_hashes(data)
    kept = list((settings().cache / "hashes").iterdir())
    assert len(kept) == 1
    opened.clear()
    assert np.array_equal(photo_hashes(data)[0], first)
    assert max(Counter(opened).values()) == 1  # the fingerprint reads some photos; hashing read none
    assert len(opened) < 40
    kept[0].write_bytes(b"half a file")
    assert np.array_equal(photo_hashes(data)[0], first)


def test_a_disk_that_fails_today_is_asked_again_tomorrow() -> None:
    data = dataset([photo(i) for i in range(64)], [0] * 64)
    failing = True

    def read(i: int) -> bytes:
        if failing and i == 1:  # not among those that the fingerprint reads
            raise OSError("input/output error")
        return photo(i)

    object.__setattr__(data, "read_bytes", read)
    assert np.flatnonzero(~photo_hashes(data)[1]).tolist() == [1]
    failing = False
    assert photo_hashes(data)[1].all()


def test_progress_ends_with_all_photos() -> None:
    seen: list[tuple[int, int]] = []
    photo_hashes(dataset([photo(i) for i in range(60)], [0] * 60), lambda _, done, total: seen.append((done, total)))
    assert seen == [(50, 60), (60, 60)]


def test_real_objects_on_white_do_not_chain(real_data: Path) -> None:
    assert real_data.is_dir()
    data = load_dataset("trashnet", per_class=60)
    hashes, readable = photo_hashes(data)
    assert readable.all()
    assert np.bincount(near_copy_groups(hashes)).max() <= 3
