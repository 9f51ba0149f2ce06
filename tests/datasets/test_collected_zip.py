import io
import stat
import zipfile
from pathlib import Path

import pytest

from recycler.datasets import collected_zip
from recycler.datasets.collected import Collected, forget_everything, keep, list_collected
from recycler.datasets.collected_zip import TakenIn, pack, take_in
from recycler.errors import DatasetError
from tests.datasets.pictures import encode, photo, scene


def zipped(files: dict[str, bytes]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as pack:
        for name, data in files.items():
            pack.writestr(name, data)
    file.seek(0)
    return file


def test_what_is_packed_comes_in_again_as_the_same_photos() -> None:
    kept = [keep(photo(seed), name) for seed, name in enumerate(("glass", "glass", "tin can"))]
    content = pack(list_collected())
    with zipfile.ZipFile(io.BytesIO(content)) as pack_:
        assert sorted(pack_.namelist()) == [f"{one}.jpg" for one in kept]
    assert take_in("mine.zip", io.BytesIO(content)) == TakenIn(3, ())
    assert list_collected() == kept  # no photo came twice
    forget_everything()
    assert take_in("mine.zip", io.BytesIO(content)).taken == 3
    assert [one.class_name for one in list_collected()] == ["glass", "glass", "tin can"]
    assert take_in("mine.zip", io.BytesIO(content)).taken == 3
    assert len(list_collected()) == 3


def test_the_same_photos_give_the_same_zip_and_gone_ones_are_passed_over() -> None:
    kept = keep(photo(1), "glass")
    assert pack([kept]) == pack([kept, Collected("glass", "0" * 16)])


def test_photos_of_a_zip_are_kept_small_and_the_rest_is_told(own_home: Path) -> None:
    link = zipfile.ZipInfo("glass/link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as hostile:
        hostile.writestr("glass/large.png", encode(scene(1, 1300, 900), "PNG"))
        hostile.writestr("glass/copy.png", encode(scene(1, 1300, 900), "PNG"))
        hostile.writestr("paper/cut.jpg", photo(2)[:500])
        hostile.writestr("a.b/3.jpg", photo(3))
        hostile.writestr("paper/4.txt", b"text")
        hostile.writestr("../evil.jpg", photo(5))
        hostile.writestr(link, "/etc/passwd")
    file.seek(0)
    said: list[tuple[int, int]] = []
    found = take_in("bin day.zip", file, lambda done, total: said.append((done, total)))
    [kept] = list_collected()
    assert kept.class_name == "glass"
    assert kept.path.read_bytes()[:2] == b"\xff\xd8"
    assert found.taken == 1
    assert [name for name, _ in found.refused] == [
        "../evil.jpg",
        "glass/link.jpg",
        "paper/4.txt",
        "a.b/3.jpg",
        "paper/cut.jpg",
    ]
    reasons = dict(found.refused)
    assert "cannot be a class" in reasons["a.b/3.jpg"]
    assert "damaged" in reasons["paper/cut.jpg"]
    assert said[-1] == (4, 4)
    assert not list(own_home.glob(".zip-*"))
    assert not list(own_home.parent.glob("evil*"))


def test_what_is_no_zip_of_photos_is_a_sentence(own_home: Path) -> None:
    with pytest.raises(DatasetError, match=r"my-photos\.zip is no zip"):
        take_in("My photos!.zip", io.BytesIO(b"nothing"))
    with pytest.raises(DatasetError, match="no photos in class folders"):
        take_in("a.zip", zipped({"readme.txt": b"text"}))
    assert list(own_home.iterdir()) == []


def test_too_many_photos_are_sent_to_the_train_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collected_zip, "MOST_PHOTOS", 2)
    with pytest.raises(DatasetError, match="holds 3 photos, and 2 are the most.*Train page"):
        take_in("a.zip", zipped({f"glass/{seed}.jpg": photo(seed) for seed in range(3)}))
    assert list_collected() == []
