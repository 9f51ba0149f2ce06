import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from recycler.datasets.cifar100 import load_cifar100
from recycler.learning.download import write_photos
from recycler.photos import open_photo

OFFLINE = """
from pathlib import Path
from recycler.errors import DatasetError
from recycler.learning.download import download_cifar100
try:
    download_cifar100(Path("cifar100"))
except DatasetError as problem:
    print("refused:", problem)
"""


def test_written_photos_are_read_back_exactly(tmp_path: Path) -> None:
    photos = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    write_photos(tmp_path / "train-00000-of-00001.parquet", photos[:3], np.array([7, 0, 99]))
    write_photos(tmp_path / "test-00000-of-00001.parquet", photos[3:], np.array([50]))
    data = load_cifar100(tmp_path)
    assert data.labels.tolist() == [7, 0, 99, 50]
    assert data.splits == ("train", "train", "train", "test")
    assert all(np.array_equal(open_photo(data.read_bytes(i)), photos[i]) for i in range(4))


def test_without_a_connection_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9"
    environment = os.environ | {
        "KERAS_HOME": str(tmp_path),
        "https_proxy": nobody,
        "http_proxy": nobody,
        "no_proxy": "",
    }
    environment["PYTHONPATH"] = str(Path.cwd())
    words = [sys.executable, "-c", OFFLINE]
    done = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert "refused: CIFAR-100 could not be downloaded" in done.stdout, done.stderr
    assert "RECYCLER_DATA" in done.stdout
    assert not (tmp_path / "cifar100").exists()
