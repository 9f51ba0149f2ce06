import os
from pathlib import Path

import pytest

from recycler.datasets.folder import load_folder
from recycler.errors import DatasetError
from recycler.settings import settings
from tests.datasets.pictures import write_tree


def test_photos_are_read_when_asked_for(tmp_path: Path) -> None:
    data = load_folder(write_tree(tmp_path / "kitchen", {"paper/a b.jpg": b"two", "glass/ü.png": b"one"}))
    assert data.name == "kitchen"
    assert data.photos == ("glass/ü.png", "paper/a b.jpg")
    assert [data.read_bytes(i) for i in range(2)] == [b"one", b"two"]
    (tmp_path / "kitchen/paper/a b.jpg").write_bytes(b"changed")
    assert data.read_bytes(1) == b"changed"


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = write_tree(tmp_path / "outside", {"secret.jpg": b"x"})
    root = write_tree(tmp_path / "root", {"glass/1.jpg": b"x"})
    (root / "glass/link.jpg").symlink_to(outside / "secret.jpg")
    (root / "paper").symlink_to(outside)
    (root / "glass/round").symlink_to(root)
    data = load_folder(root)
    assert data.photos == ("glass/1.jpg",)
    assert sorted(data.skipped) == [("glass/link.jpg", "a link"), ("glass/round", "a link"), ("paper", "a link")]


def test_hidden_empty_large_and_special_files_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLER_PHOTO_MEGABYTES", "1")
    settings.cache_clear()
    files = {"glass/1.jpg": b"x", "glass/2.jpg": b"", "glass/3.jpg": bytes(1_000_001), ".git/glass/4.jpg": b"x"}
    root = write_tree(tmp_path, files)
    (root / "paper").mkdir()
    os.mkfifo(root / "glass/5.jpg")
    data = load_folder(root)
    assert data.photos == ("glass/1.jpg",)
    assert dict(data.skipped) == {
        "glass/2.jpg": "empty",
        "glass/3.jpg": "larger than 1 MB",
        "glass/5.jpg": "not a file",
        ".git/": "hidden",
        "paper/": "a class without photos",
    }


def test_a_photo_replaced_under_its_name_changes_the_fingerprint(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {f"glass/{i:03}.jpg": b"x" for i in range(100)})
    before = load_folder(root).fingerprint()
    (root / "glass/001.jpg").write_bytes(b"another")  # not among those whose bytes are read
    assert load_folder(root).fingerprint() != before


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is not a folder"):
        load_folder(tmp_path / "nowhere")
