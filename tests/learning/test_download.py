from pathlib import Path

import numpy as np
import pytest

from recycler.datasets.cifar100 import load_cifar100
from recycler.errors import DatasetError
from recycler.learning.download import download_cifar100, write_photos
from recycler.photos import open_photo


def test_written_photos_are_read_back_exactly(tmp_path: Path) -> None:
    photos = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    write_photos(tmp_path / "train-00000-of-00001.parquet", photos[:3], np.array([7, 0, 99]))
    write_photos(tmp_path / "test-00000-of-00001.parquet", photos[3:], np.array([50]))
    data = load_cifar100(tmp_path)
    assert data.labels.tolist() == [7, 0, 99, 50]
    assert data.splits == ("train", "train", "train", "test")
    assert all(np.array_equal(open_photo(data.read_bytes(i)), photos[i]) for i in range(4))


def test_without_a_connection_one_sentence_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = "http://127.0.0.1:9"  # the discard port: refused at once
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, nobody)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setattr("urllib.request._opener", None)  # would remember the proxies of an earlier request
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path / "keras"))
    with pytest.raises(DatasetError, match="could not be downloaded .* set RECYCLER_DATA"):
        download_cifar100(tmp_path / "cifar100")
    assert not (tmp_path / "cifar100").exists()
