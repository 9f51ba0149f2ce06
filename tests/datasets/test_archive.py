import stat
import struct
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from recycler.datasets import archive
from recycler.datasets.archive import load_archive
from recycler.errors import DatasetError, PhotoError
from recycler.settings import settings
from tests.datasets.pictures import photo, write_zip

GOOD = {"photos/glass/1.jpg": b"one", "photos/paper/2.jpg": b"two"}


def test_photos_come_straight_out_of_the_zip(tmp_path: Path) -> None:
    data = load_archive(write_zip(tmp_path / "kitchen.zip", GOOD))
    assert (data.name, data.classes, data.photos) == ("kitchen", ("glass", "paper"), tuple(GOOD))
    assert [data.read_bytes(i) for i in range(2)] == [b"one", b"two"]
    assert [path.name for path in tmp_path.iterdir()] == ["kitchen.zip"]


def test_sixteen_threads_read_the_right_photos(tmp_path: Path) -> None:
    photos = {f"glass/{i:03}.jpg": photo(i) for i in range(100)}
    data = load_archive(write_zip(tmp_path / "many.zip", photos))
    with ThreadPoolExecutor(16) as pool:
        read = list(pool.map(data.read_bytes, [*range(100)] * 5))
    assert read == list(photos.values()) * 5


@pytest.mark.parametrize(
    "name", ["../glass/x.jpg", "/glass/x.jpg", "glass/../../x.jpg", "C:/glass/x.jpg", "glass\\x.jpg", "glass//x.jpg"]
)
def test_names_that_lead_out_are_left_out_and_listed(tmp_path: Path, name: str) -> None:
    data = load_archive(write_zip(tmp_path / "unsafe.zip", GOOD | {name: b"x"}))
    assert data.photos == tuple(GOOD)
    assert data.skipped == ((name, "a name that leads out of the zip"),)


def test_links_nested_archives_hidden_and_other_files_are_left_out(tmp_path: Path) -> None:
    others = {"photos/glass/a.zip": b"x", "__MACOSX/photos/glass/._1.jpg": b"x", "photos/read me.txt": b"x"}
    file = write_zip(tmp_path / "mixed.zip", GOOD | others)
    link = zipfile.ZipInfo("photos/glass/link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "a") as pack:
        pack.writestr(link, "/etc/passwd")
        pack.writestr("photos/cloth/", "")
    data = load_archive(file)
    assert data.photos == tuple(GOOD)
    assert dict(data.skipped) == {
        "photos/glass/link.jpg": "a link",
        "photos/glass/a.zip": "an archive inside, which is not opened",
        "__MACOSX/photos/glass/._1.jpg": "hidden",
        "photos/read me.txt": "not a photo",
        "photos/cloth/": "a class without photos",
    }


def test_encrypted_members_are_left_out(tmp_path: Path) -> None:
    file = write_zip(tmp_path / "secret.zip", GOOD)
    raw = bytearray(file.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1  # general purpose flag of the first entry
    file.write_bytes(raw)
    data = load_archive(file)
    assert data.skipped == (("photos/glass/1.jpg", "encrypted"),)


def test_methods_without_a_bound_on_what_they_unpack_are_left_out(tmp_path: Path) -> None:
    file = write_zip(tmp_path / "odd.zip", GOOD)
    with zipfile.ZipFile(file, "a") as pack:
        pack.writestr("photos/glass/3.jpg", b"x", zipfile.ZIP_BZIP2)
    assert load_archive(file).skipped == (("photos/glass/3.jpg", "packed by an unusual method"),)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_counts_once(tmp_path: Path) -> None:
    file = write_zip(tmp_path / "twice.zip", GOOD)
    with zipfile.ZipFile(file, "a") as pack:
        pack.writestr("photos/glass/1.jpg", b"other")
    data = load_archive(file)
    assert data.photos == tuple(GOOD)
    assert data.skipped == (("photos/glass/1.jpg", "named twice"),)


def test_bombs_are_left_out_by_their_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLER_PHOTO_MEGABYTES", "2")
    settings.cache_clear()
    noise = np.random.default_rng(0).bytes(2_000_001)
    bombs = {"photos/glass/ratio.jpg": bytes(1_900_000), "photos/glass/size.jpg": noise}
    data = load_archive(write_zip(tmp_path / "bomb.zip", GOOD | bombs))
    assert data.photos == tuple(GOOD)
    assert dict(data.skipped) == {
        "photos/glass/ratio.jpg": "unpacks to more than 100 times its size",
        "photos/glass/size.jpg": "larger than 2 MB",
    }


def test_a_lying_header_gives_no_more_than_it_said(tmp_path: Path) -> None:
    file = write_zip(tmp_path / "liar.zip", {"glass/1.jpg": bytes(20_000_000), "glass/2.jpg": b"x"})
    raw = bytearray(file.read_bytes())
    struct.pack_into("<I", raw, raw.index(b"PK\x01\x02") + 24, 1000)  # uncompressed size of the first entry
    file.write_bytes(raw)
    data = load_archive(file)
    with pytest.raises(PhotoError, match=r"glass/1\.jpg inside liar\.zip is damaged"):
        data.read_bytes(0)
    assert data.read_bytes(1) == b"x"


def test_more_than_fits_any_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "TOTAL_BYTES", 5)
    with pytest.raises(DatasetError, match=r"big\.zip unpacks to .* are the most"):
        load_archive(write_zip(tmp_path / "big.zip", GOOD))


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_zip(tmp_path / "crowd.zip", {f"glass/{i}.jpg": b"x" for i in range(20)})
    monkeypatch.setattr(archive, "ENTRIES", 19)
    with pytest.raises(DatasetError, match="20 files; 19 in one zip are the most"):
        load_archive(file)
    monkeypatch.setattr(archive, "DIRECTORY_BYTES", 500)
    with pytest.raises(DatasetError, match="too many files"):
        load_archive(file)


def test_many_empty_files_are_counted_not_listed(tmp_path: Path) -> None:
    data = load_archive(write_zip(tmp_path / "empty.zip", GOOD | {f"glass/{i}.jpg": b"" for i in range(3000)}))
    assert data.photos == tuple(GOOD)
    assert data.skipped[-1] == ("and 2,995 more", "empty")


@pytest.mark.parametrize("cut", [0, 10, 150])
def test_a_damaged_zip_is_one_sentence(tmp_path: Path, cut: int) -> None:
    file = write_zip(tmp_path / "cut.zip", GOOD)
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(DatasetError, match=r"cut\.zip is no zip, or it is damaged"):
        load_archive(file)


def test_a_member_that_starts_before_the_file_is_left_out(tmp_path: Path) -> None:
    file = write_zip(tmp_path / "shifted.zip", GOOD)
    raw = bytearray(file.read_bytes())
    struct.pack_into(
        "<I", raw, raw.index(b"PK\x05\x06") + 16, raw.index(b"PK\x01\x02") + 10
    )  # where the directory starts
    file.write_bytes(raw)
    assert load_archive(file).skipped == (("photos/glass/1.jpg", "damaged"),)


def test_one_damaged_photo_does_not_harm_the_others(tmp_path: Path) -> None:
    photos = {"glass/1.jpg": photo(1), "glass/2.jpg": photo(2)}
    file = write_zip(tmp_path / "scratch.zip", photos)
    raw = bytearray(file.read_bytes())
    raw[200:300] = bytes(100)
    file.write_bytes(raw)
    data = load_archive(file)
    with pytest.raises(PhotoError, match="is damaged"):
        data.read_bytes(0)
    assert data.read_bytes(1) == photos["glass/2.jpg"]


def test_a_missing_zip_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="There is no zip"):
        load_archive(tmp_path / "nowhere.zip")
