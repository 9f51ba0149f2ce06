import io
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from recycler.datasets import available_datasets, load_dataset
from recycler.datasets.collected import (
    DISCARDED_DAYS,
    Collected,
    find_collected,
    forget,
    forget_everything,
    keep,
    list_collected,
    list_discarded,
    move,
    sweep,
)
from recycler.datasets.dataset import join
from recycler.errors import DatasetError, PhotoError
from recycler.settings import settings


def photo(seed: int, size: tuple[int, int] = (80, 60)) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.DateTime] = "2026:01:01 12:00:00"
    file = io.BytesIO()
    coarse = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize(size, Image.Resampling.NEAREST).save(file, "JPEG", exif=exif)
    return file.getvalue()


KEEP_ALL = """
import sys
from pathlib import Path
from recycler.datasets.collected import keep
for path in sorted(Path(sys.argv[1]).iterdir()):
    keep(path.read_bytes(), sys.argv[2])
"""


def test_a_photo_is_kept_small_and_without_metadata() -> None:
    kept = keep(photo(1, (2000, 1500)), "glass")
    assert kept.path.parent == settings().collected / "glass"
    with Image.open(kept.path) as copy:
        assert copy.size == (640, 480)
        assert dict(copy.getexif()) == {}
    assert list(kept.path.parent.iterdir()) == [kept.path]


def test_a_photo_that_is_taught_as_something_else_moves() -> None:
    assert keep(photo(1), "glass") == keep(photo(1), "glass")
    moved = keep(photo(1), "metal")
    assert list_collected() == [moved]
    assert not (settings().collected / "glass").exists()


@pytest.mark.parametrize("name", ["", "..", "a/b", "../x", ".hidden", "a\n", "x" * 65])
def test_a_name_that_would_leave_the_folder_is_no_class(name: str, own_home: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be a class"):
        keep(photo(1), name)
    assert list(own_home.rglob("*.jpg")) == []


def test_what_is_no_photo_is_not_kept() -> None:
    with pytest.raises(PhotoError):
        keep(b"nothing", "glass")
    assert list_collected() == []


def test_collected_photos_are_a_data_set_that_joins_others_as_a_source_of_its_own(tmp_path: Path) -> None:
    for seed, name in enumerate(("glass", "glass", "metal")):
        keep(photo(seed), name)
    data = load_dataset("collected")
    assert data.counts() == {"glass": 2, "metal": 1}
    assert available_datasets()["collected"] == settings().collected
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper" / "a.jpg").write_bytes(photo(9))
    joined = join([load_dataset(str(tmp_path)), data])
    assert joined.sources == (tmp_path.name, "collected")
    assert joined.counts() == {"glass": 2, "metal": 1, "paper": 1}


def test_without_photos_the_data_set_says_how_to_get_some() -> None:
    assert available_datasets()["collected"] is None
    with pytest.raises(DatasetError, match="teach"):
        load_dataset("collected")


def test_one_photo_a_class_or_all_can_be_forgotten() -> None:
    one, other, third = keep(photo(1), "glass"), keep(photo(2), "glass"), keep(photo(3), "metal")
    assert find_collected([str(one), "metal"]) == [one, third]
    forget(find_collected([str(one)]))
    assert list_collected() == [other, third]
    forget([one, *find_collected(["glass"])])
    assert list_collected() == [third]
    forget(list_collected())
    assert not settings().collected.exists()


def test_the_time_of_the_folder_tells_that_a_photo_came_or_went() -> None:
    keep(photo(1), "glass")
    times = []
    for change in (
        lambda: keep(photo(2), "glass"),
        lambda: move(list_collected()[0].id, "metal"),
        lambda: forget(list_collected()[:1]),
    ):
        os.utime(settings().collected, (0, 0))
        change()
        times.append(settings().collected.stat().st_mtime)
    assert min(times) > 0


def test_what_was_never_collected_is_named_with_what_was() -> None:
    kept = keep(photo(1), "glass")
    with pytest.raises(DatasetError, match=rf"metal.*glass.*{kept}"):
        find_collected(["metal"])


def test_several_processes_may_teach_the_same_photos_at_once(tmp_path: Path) -> None:
    for seed in range(20):
        (tmp_path / f"{seed}.jpg").write_bytes(photo(seed))
    keepers = [subprocess.Popen([sys.executable, "-c", KEEP_ALL, tmp_path, name]) for name in ("glass", "metal")]
    assert [keeper.wait() for keeper in keepers] == [0, 0]
    kept = list_collected()
    assert len({one.id for one in kept}) == len(kept) == 20
    assert {path.stem for path in settings().collected.rglob("*") if path.is_file()} == {one.id for one in kept}
    assert all(Collected(one.class_name, one.id).path.read_bytes()[-2:] == b"\xff\xd9" for one in kept)


def test_the_bytes_of_a_copy_are_that_copy_and_no_second_photo() -> None:
    kept = keep(photo(1), "glass")
    content = kept.path.read_bytes()
    assert keep(content, "glass") == kept
    moved = keep(content, "metal")
    assert (list_collected(), moved.id) == ([moved], kept.id)
    move(kept.id, None)
    assert keep(content, "glass") == kept
    assert (list_collected(), list_discarded()) == ([kept], [])


def test_a_photo_moves_and_the_rest_of_its_class_stays() -> None:
    one, other = keep(photo(1), "glass"), keep(photo(2), "glass")
    content = one.path.read_bytes()
    assert move(one.id, "metal") == one
    assert list_collected() == [other, Collected("metal", one.id)]
    assert Collected("metal", one.id).path.read_bytes() == content
    assert move(one.id, "metal") == Collected("metal", one.id)  # where it is already
    assert list_collected() == [other, Collected("metal", one.id)]
    with pytest.raises(DatasetError, match="not there any more"):
        move("0" * 16, "glass")


def test_what_is_thrown_away_can_be_taken_back_for_a_week(own_home: Path) -> None:
    one, other = keep(photo(1), "glass"), keep(photo(2), "glass")
    for kept in (one, other):
        move(kept.id, None)
    assert (list_collected(), list_discarded()) == ([], sorted([one, other]))
    assert available_datasets()["collected"] is None
    move(one.id, "glass")
    assert (list_collected(), list_discarded()) == ([one], [other])
    [path] = settings().discarded.rglob("*.jpg")
    past = time.time() - (DISCARDED_DAYS + 0.1) * 24 * 3600
    os.utime(path, (past, past))
    assert list_discarded() == []
    with pytest.raises(DatasetError, match="more than a week ago"):
        move(other.id, "glass")
    sweep()
    assert not settings().discarded.exists()


def test_what_is_forgotten_is_gone_for_good() -> None:
    one, other, third = (keep(photo(seed), "glass") for seed in (1, 2, 3))
    move(one.id, None)
    forget([one])
    assert list_discarded() == []
    move(other.id, None)
    forget_everything()
    assert not third.path.exists()
    assert not settings().collected.exists()
    assert not settings().discarded.exists()
