import io
import zipfile
from pathlib import Path
from zipfile import ZipInfo

import pytest

from recycler.datasets import load_dataset
from recycler.datasets.uploads import keep_upload, list_uploads
from recycler.errors import DatasetError
from recycler.settings import settings
from tests.datasets.pictures import photo


def packed(**photos: int) -> io.BytesIO:
    """A zip with so many photos a class, and what zips hold besides."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as pack:
        for name, count in photos.items():
            for i in range(count):
                pack.writestr(ZipInfo(f"{name}/{i}.jpg"), photo(i))  # of one time, so that equal zips are equal
        pack.writestr(ZipInfo("__MACOSX/._x"), b"junk")
        pack.writestr(ZipInfo("../outside.jpg"), photo(99))
    file.seek(0)
    return file


def test_an_upload_is_kept_and_can_be_loaded_by_its_path() -> None:
    path, data = keep_upload("My kitchen.zip", packed(glass=2, paper=3))
    assert path == settings().uploads / "my-kitchen.zip"
    assert list_uploads() == [path]
    assert data.counts() == load_dataset(str(path)).counts() == {"glass": 2, "paper": 3}
    assert any("leads out" in reason for _, reason in data.skipped)


@pytest.mark.parametrize("name", ["../../etc/passwd.zip", "..\\..\\x.zip", "/abs.zip", ".zip", "\0.zip", "é" * 300])
def test_names_never_lead_out_of_the_folder(name: str, own_home: Path) -> None:
    path, _ = keep_upload(name, packed(glass=1, paper=1))
    assert path.parent == settings().uploads
    assert [file for file in own_home.rglob("*") if file.is_file()] == [path]


def test_the_same_zip_is_kept_once_and_another_one_beside_it() -> None:
    first, _ = keep_upload("a.zip", packed(glass=1, paper=1))
    again, _ = keep_upload("a.zip", packed(glass=1, paper=1))
    other, _ = keep_upload("a.zip", packed(glass=2, paper=1))
    assert first == again != other
    assert load_dataset(str(first)).counts()["glass"] == 1
    assert load_dataset(str(other)).counts()["glass"] == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"no zip", packed().getvalue(), packed(glass=1).getvalue()[:100]],
    ids=["nothing", "no zip", "without photos", "cut off"],
)
def test_what_is_no_set_of_photos_leaves_nothing_behind(content: bytes) -> None:
    with pytest.raises(DatasetError, match=r"photos\.zip"):
        keep_upload("photos.zip", io.BytesIO(content))
    assert [*settings().uploads.iterdir()] == []


def test_a_home_that_cannot_be_written_to_is_told(own_home: Path) -> None:
    (own_home / "data").write_text("in the way")
    with pytest.raises(DatasetError, match="RECYCLER_HOME"):
        keep_upload("photos.zip", packed(glass=1, paper=1))
